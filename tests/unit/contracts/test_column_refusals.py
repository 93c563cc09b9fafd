"""A column with a fault is refused in one sentence: the file, the key, and what to write."""

from __future__ import annotations

from pathlib import Path

import pytest

from contracts import LakeError, parse

GOOD = (Path(__file__).parent / "mugs.odcs.yaml").read_text(encoding="utf-8")
COLUMN = "schema[mugs].properties"
DECIMAL_WITH_UNIT = """\
physicalType: decimal(18,4)
        logicalTypeOptions: {minimum: 0, maximum: 999.5}
        customProperties: [{property: unit, value: currency}]"""
FAULTS = {
    "unknown key of a column": (
        "required: true",
        "requird: true",
        f"{COLUMN}[mug_id].requird is not a known key; did you mean required?",
    ),
    "column without description": (
        "        description: Identity of the mug.\n",
        "",
        f"{COLUMN}[mug_id].description is missing; say what the column holds and what null means.",
    ),
    "column name needs quotes": ("name: color", "name: Color", "[Color].name is 'Color'; write lower_snake_case"),
    "column twice": ("- name: color", "- name: price", f"{COLUMN}[price] is written twice; keep one."),
    "former name that is no list": (
        "[{property: unit, value: currency}]",
        "[{property: formerNames, value: cost}]",
        f"{COLUMN}[price].customProperties.formerNames is 'cost', but must be a list of column names",
    ),
    "former name that is a column": (
        "[{property: unit, value: currency}]",
        "[{property: formerNames, value: [color]}]",
        f"{COLUMN}[price] has the former name color, a column of today; remove it.",
    ),
    "additive over a column that is not in the key": (
        "[{property: unit, value: currency}]",
        "[{property: additive, value: [color]}]",
        f"{COLUMN}[price] is additive over color, which is not in the key; ",
    ),
    "additive text": (
        "physicalType: string\n        required: true",
        "physicalType: string\n        customProperties: [{property: additive, value: [mug_id]}]\n        required: true",
        "customProperties.additive is set, but the column is no number; remove it.",
    ),
    "unknown type": (
        "logicalType: timestamp\n        physicalType: timestamp",
        "logicalType: timestamp\n        physicalType: timestmp",
        f"{COLUMN}[sold_at].physicalType is 'timestmp', no type that Spark and Athena share; did you mean timestamp?",
    ),
    "impossible decimal": (
        "decimal(18,4)",
        "decimal(4,18)",
        f"{COLUMN}[price].physicalType is 'decimal(4,18)', no type",
    ),
    "two spellings of a type": (
        "decimal(18,4)",
        "'decimal(18, 4)'",
        f"{COLUMN}[price].physicalType is 'decimal(18, 4)'",
    ),
    "logical type that does not fit": (
        "logicalType: number",
        "logicalType: integer",
        f"{COLUMN}[price].logicalType is 'integer', but decimal(18,4) is stored; write `logicalType: number`.",
    ),
    "money as a float": (
        "physicalType: decimal(18,4)",
        "physicalType: double",
        f"{COLUMN}[price].physicalType is 'double', but price is money; write decimal(18,4).",
    ),
    "money as a float without a unit": (
        DECIMAL_WITH_UNIT,
        "physicalType: double",
        f"{COLUMN}[price].physicalType is 'double', but price is money; write decimal(18,4).",
    ),
    "coarse money": ("decimal(18,4)", "decimal(18,1)", "but price is money; write decimal(18,4)."),
    "unknown unit": ("value: currency", "value: curency", "customProperties.unit is 'curency'; did you mean currency?"),
    "key position out of order": (
        "primaryKeyPosition: 1",
        "primaryKeyPosition: 2",
        f"{COLUMN}[mug_id].primaryKeyPosition is 2, but must be 1: positions count from 1, each once.",
    ),
    "key position missing": (
        "        primaryKeyPosition: 1\n",
        "",
        f"{COLUMN}[mug_id].primaryKeyPosition is missing; a column with primaryKey says which it is: 1, 2, …",
    ),
    "key position without a key": (
        "        primaryKey: true\n",
        "",
        f"{COLUMN}[mug_id].primaryKeyPosition is set without `primaryKey: true`; add that or leave the position out.",
    ),
    "unknown class": (
        "classification: public",
        "classification: publc",
        "[color].classification is 'publc'; did you mean public?",
    ),
    "broken pattern": ("'^[a-z]+$'", "'^[a-z+$'", "[color].logicalTypeOptions.pattern is no regular expression ("),
    "bound that is no number": (
        "{minimum: 0, maximum: 999.5}",
        "{minimum: free}",
        "[price].logicalTypeOptions.minimum is 'free', but must be a number, because the column is one.",
    ),
    "option of another type": (
        "{minimum: 0, maximum: 999.5}",
        "{pattern: x}",
        "[price].logicalTypeOptions.pattern is not a known key; use one of: maximum, minimum.",
    ),
    "valid values that YAML reads as something else": (
        "[blue, red]",
        "[blue, no]",
        "arguments.validValues must be a list of texts; put values such as 1 or no in quotes.",
    ),
    "unknown metric": ("invalidValues", "invalidValue", "metric is 'invalidValue'; did you mean invalidValues?"),
    "some invalid values": ("mustBe: 0", "mustBe: 1", "mustBe must be 0: no row may hold another value."),
}


@pytest.mark.parametrize(("old", "new", "sentence"), FAULTS.values(), ids=FAULTS)
def test_a_faulty_column_is_refused_in_one_sentence(old: str, new: str, sentence: str) -> None:
    assert old in GOOD
    with pytest.raises(LakeError) as refusal:
        parse(GOOD.replace(old, new, 1), where="mugs.odcs.yaml")

    message = str(refusal.value)
    assert message.startswith("mugs.odcs.yaml")
    assert sentence in message
    assert "\n" not in message
