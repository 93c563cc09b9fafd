"""Every contract is valid by the Open Data Contract Standard itself: its JSON Schema and its published models."""

from __future__ import annotations

import json
from importlib import resources
from typing import Any

import jsonschema
import pytest
import yaml

from contracts import load, load_all

STANDARD = pytest.importorskip("open_data_contract_standard", reason="the published standard is a test dependency")


def document(name: str) -> dict[str, Any]:
    """The contract of that table as it is written."""
    file = resources.files("contracts") / load(name).zone / f"{name}.odcs.yaml"
    content: dict[str, Any] = yaml.safe_load(file.read_text(encoding="utf-8"))
    return content


@pytest.fixture(scope="module")
def standard() -> jsonschema.Draft201909Validator:
    schema = json.loads((resources.files(STANDARD) / "schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft201909Validator.check_schema(schema)
    return jsonschema.Draft201909Validator(schema)


@pytest.mark.parametrize("name", [*load_all(), *load_all("raw")])
def test_a_contract_is_valid_by_the_standard(standard: jsonschema.Draft201909Validator, name: str) -> None:
    contract = document(name)

    assert contract["apiVersion"] == "v3.1.0"
    assert [error.message for error in standard.iter_errors(contract)] == []


@pytest.mark.parametrize("name", [*load_all(), *load_all("raw")])
def test_the_published_models_read_the_same_columns(name: str) -> None:
    from open_data_contract_standard.model import OpenDataContractStandard

    contract = load(name)

    model = OpenDataContractStandard.from_string(yaml.safe_dump(document(name)))

    properties = (model.schema_ or [])[0].properties or []
    assert [(column.name, column.physicalType) for column in properties] == [
        (column.name, column.physical_type) for column in contract.columns
    ]
    keys = sorted((column for column in properties if column.primaryKey), key=lambda column: column.primaryKeyPosition or 0)
    assert tuple(column.name for column in keys) == contract.key


def test_the_judge_does_refuse(standard: jsonschema.Draft201909Validator) -> None:
    contract = document("events")
    contract["schema"][0]["properties"][0]["logicalTypo"] = "string"

    assert not standard.is_valid(contract)
