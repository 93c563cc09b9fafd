"""A contract with a fault is refused in one sentence: the file, the key, and what to write."""

from __future__ import annotations

from pathlib import Path

import pytest

from contracts import LakeError, parse

GOOD = (Path(__file__).parent / "mugs.odcs.yaml").read_text(encoding="utf-8")
COLUMN = "schema[mugs].properties"
FAULTS = {
    "unknown key": (
        "status: active",
        "state: active",
        "state is not a known key; did you mean status?",
    ),
    "key of the standard that nothing reads": (
        "physicalType: table",
        "physicalType: table\n    tags: [kitchen]",
        "schema[mugs].tags is not a known key; use one of: customProperties,",
    ),
    "key written twice": (
        "kind: DataContract",
        "kind: DataContract\nkind: DataContract",
        "the key kind is written twice",
    ),
    "no YAML": ("kind: DataContract", "kind: [", "not valid YAML"),
    "old standard": ("apiVersion: v3.1.0", "apiVersion: v3.0.2", "apiVersion is 'v3.0.2'; did you mean v3.1.0?"),
    "no zone": (
        "id: processed.mugs",
        "id: mugs",
        "id is 'mugs'; write <zone>.mugs, with one of the zones raw, processed, curated.",
    ),
    "other table's id": (
        "id: processed.mugs",
        "id: processed.cups",
        "write <zone>.mugs, with one of the zones raw, processed, curated.",
    ),
    "number for a version": ("version: '1.0.0'", "version: 1.0", "version is 1.0, but must be text; put it in quotes."),
    "no description": (
        "purpose: Mugs that were sold.",
        "limitations: None.",
        "description.purpose is missing; say what",
    ),
    "blank description": ("purpose: Mugs that were sold.", "purpose: ' '", "description.purpose is blank; fill it in"),
    "no owner": ("name: kitchen", "description: us", "team.name is missing; name the team that owns the table."),
    "no grain": (
        "dataGranularityDescription: One mug.",
        "name2: x",
        "schema[mugs].name2 is not a known key; did you mean name?",
    ),
    "missing grain": (
        "    dataGranularityDescription: One mug.\n",
        "",
        "schema[mugs].dataGranularityDescription is missing; say what one row is.",
    ),
    "unknown custom property": (
        "property: versionColumn",
        "property: versionColum",
        "customProperties[versionColum].property is 'versionColum', which nothing reads; did you mean versionColumn?",
    ),
    "time column that does not exist": (
        "property: timeColumn, value: sold_at",
        "property: timeColumn, value: sold_on",
        "schema[mugs].customProperties.timeColumn is 'sold_on'; did you mean sold_at?",
    ),
    "version column that does not exist": (
        "property: versionColumn, value: sold_at",
        "property: versionColumn, value: changed",
        "schema[mugs].customProperties.versionColumn is 'changed'; use one of: color,",
    ),
    "time column that is no instant": (
        "property: timeColumn, value: sold_at",
        "property: timeColumn, value: color",
        "timeColumn is color, a string; name a column whose physicalType is timestamp.",
    ),
    "text for true": (
        "incremental, value: true",
        "incremental, value: 'yes'",
        "incremental is 'yes', but must be true or false; write one of them.",
    ),
    "end column of a table that is not incremental": (
        "{property: incremental, value: true}",
        "{property: endColumn, value: sold_at}",
        "customProperties.endColumn is set, so the table must be incremental and have a timeColumn and a key; add them.",
    ),
    "gap without an end column": (
        "{property: incremental, value: true}",
        "{property: gapMinutes, value: 30}",
        "customProperties.gapMinutes must be a whole number of minutes, 1 or more, next to an endColumn.",
    ),
    "partition columns swapped": (
        "partitionKeyPosition: 1",
        "partitionKeyPosition: 3",
        f"{COLUMN}[period].partitionKeyPosition is 2, but must be 1: positions count from 1, each once.",
    ),
    "first partition column missing": (
        "        partitioned: true\n        partitionKeyPosition: 1\n",
        "",
        f"{COLUMN}[period].partitionKeyPosition is 2, but must be 1",
    ),
    "not partitioned by source": (
        "name: source",
        "name: shop",
        "has the partition columns shop, period; partition by source",
    ),
    "unknown severity": (
        "severity: warning",
        "severity: warn",
        "[dear_mugs_are_blue].severity is 'warn'; did you mean warning?",
    ),
    "rule without severity": (
        "        severity: warning\n",
        "",
        "[dear_mugs_are_blue].severity is missing; write error (",
    ),
    "rule without words": (
        "        description: A mug of 100 or more is blue.\n",
        "",
        "[dear_mugs_are_blue].description is missing; say in words what a good row looks like.",
    ),
    "rule in another engine": (
        "engine: spark",
        "engine: soda",
        "engine is 'soda'; rules are Spark SQL booleans, so write `engine: spark`",
    ),
    "rule named as a generated one": (
        "name: dear_mugs_are_blue",
        "name: price_range",
        "[price_range].name is 'price_range', which another rule of this table has; choose another name.",
    ),
    "freshness in days": ("unit: h", "unit: d", "slaProperties[freshness].unit is 'd'; use one of: h."),
    "freshness without number": (
        "value: 26",
        "value: daily",
        "slaProperties[freshness].value is 'daily', but must be a whole number; write digits only, without quotes.",
    ),
    "two tables": ("schema:\n", "schema:\n  - name: cups\n", "schema describes 2 tables, but must describe one"),
    "a list for a mapping": (
        "team:\n  name: kitchen",
        "team: [kitchen]",
        "team is ['kitchen'], but must be a mapping; write its keys on the lines below, indented.",
    ),
}


@pytest.mark.parametrize(("old", "new", "sentence"), FAULTS.values(), ids=FAULTS)
def test_a_fault_is_refused_in_one_sentence(old: str, new: str, sentence: str) -> None:
    assert old in GOOD
    with pytest.raises(LakeError) as refusal:
        parse(GOOD.replace(old, new, 1), where="mugs.odcs.yaml")

    message = str(refusal.value)
    assert message.startswith("mugs.odcs.yaml")
    assert sentence in message
    assert "\n" not in message


def test_partition_columns_stand_last_and_in_order() -> None:
    head, source, period = GOOD.partition("      - name: source")
    source, heading, period = (source + period).partition("      - name: period")
    swapped = f"{head}{heading}{period}{source}"

    with pytest.raises(LakeError, match="properties must end with the partition columns in their order: source, period"):
        parse(swapped, where="mugs.odcs.yaml")


def test_a_time_column_needs_a_period() -> None:
    head, _, _ = GOOD.partition("      - name: period")

    with pytest.raises(LakeError, match="timeColumn is set, so the table needs the partition column period"):
        parse(head, where="mugs.odcs.yaml")


@pytest.mark.parametrize("text", ["", "- a list", "just text"])
def test_what_is_no_mapping_is_no_contract(text: str) -> None:
    with pytest.raises(LakeError, match=r"^x\.yaml: holds no mapping; a contract begins with apiVersion"):
        parse(text, where="x.yaml")


def test_the_good_one_is_read_as_it_stands() -> None:
    contract = parse(GOOD, where="mugs.odcs.yaml")

    assert (contract.name, contract.zone, contract.grain, contract.owner) == (
        "mugs",
        "processed",
        "One mug.",
        "kitchen",
    )
    assert contract.names == ("mug_id", "color", "price", "sold_at", "source", "period")
    assert [column.name for column in contract.data_columns] == ["mug_id", "color", "price", "sold_at"]
    assert (contract.key, contract.partition_columns) == (("mug_id",), ("source", "period"))
    assert (contract.time_column, contract.version_column, contract.incremental) == ("sold_at", "sold_at", True)
    assert contract.column("color").enum == ("blue", "red")
    assert (contract.column("price").minimum, str(contract.column("price").maximum)) == (0, "999.5")
    assert contract.freshness_hours == 26
    assert [(rule.name, rule.severity) for rule in contract.rules] == [("dear_mugs_are_blue", "warning")]
