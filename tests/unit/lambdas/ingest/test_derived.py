"""What derives from the contract is current, is valid by its own standard, and agrees with what the function does."""

from __future__ import annotations

import json
import re
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openapi_spec_validator import OpenAPIV31SpecValidator

from contracts import versions
from lambdas.derive.files import ROOT, derived
from lambdas.derive.openapi import EXAMPLE, all_kinds
from lambdas.derive.schemas import event_schema, request_model
from lambdas.ingest.event_fields import FIELDS
from tests.support.lazy import lazy
from tests.support.shop_api import SERVER, VIEW, Shop

route = lazy("stacks.constructs.route")

CONTRACTS = versions("stream_events")
SCHEMA = event_schema(CONTRACTS[-1])
JUDGE = jsonschema.Draft202012Validator(SCHEMA)


@pytest.mark.parametrize("path", derived(), ids=lambda path: path.name)
def test_a_derived_file_is_current(path):
    text = path.read_text(encoding="utf-8") if path.exists() else None
    assert text == derived()[path], f"{path.relative_to(ROOT)} is stale; run `make docs` and commit what it writes"


def test_a_new_version_only_adds_optional_fields():
    old, new = CONTRACTS
    assert [contract.version for contract in CONTRACTS] == ["1.0.0", "1.1.0"]
    assert set(new.names) - set(old.names) == {"campaign"}
    assert not new.column("campaign").required
    for column in old.columns:
        assert new.column(column.name) == column
    assert (old.requests, old.key) == (new.requests, new.key)


def test_the_schemas_and_the_api_description_are_valid():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    jsonschema.Draft4Validator.check_schema(request_model())
    document = json.loads((ROOT / "docs/openapi.json").read_text(encoding="utf-8"))
    assert [str(error) for error in OpenAPIV31SpecValidator(document).iter_errors()] == []
    assert document["openapi"] == "3.1.0"


@pytest.mark.parametrize(
    ("body", "is_valid"),
    [
        (VIEW, True),
        ([VIEW] * 500, True),
        ([VIEW] * 501, False),
        ({"key": "pk_1", "events": [VIEW]}, True),
        ({"events": [7]}, False),
        ([{"event_type": "wrong"}], True),
        (7, False),
    ],
)
def test_the_request_model_leaves_events_to_the_function(body, is_valid):
    assert jsonschema.Draft4Validator(request_model()).is_valid(body) == is_valid


@pytest.mark.parametrize(
    "answer",
    [
        Shop().post(VIEW),
        Shop().post([VIEW, 7]),
        Shop().post("{"),
        Shop(seconds=0.5).post(VIEW),
        Shop().post(VIEW, x_api_key="no"),
    ],
)
def test_answers_are_as_described(answer: tuple[int, dict[str, Any]]):
    document = json.loads((ROOT / "docs/openapi.json").read_text(encoding="utf-8"))
    status, content = answer
    described = document["paths"]["/v1/events"]["post"]["responses"][str(status)]
    schema = {**described["content"]["application/json"]["schema"], "components": document["components"]}
    assert [error.message for error in jsonschema.Draft202012Validator(schema).iter_errors(content)] == []


def test_the_page_has_every_number_and_its_example_is_accepted():
    page = (ROOT / "docs/api.md").read_text(encoding="utf-8")
    codes = [int(code) for code in re.findall(r"^\| (\d{4}) \| \d{3} \|", page, re.MULTILINE)]
    assert codes == [kind.code for kind in all_kinds()]
    assert "«" not in page
    assert Shop().post(EXAMPLE)[0] == 202
    assert json.dumps(EXAMPLE) in page


NAMES = [name for name, field in FIELDS.items() if field["set_by"] != "ingest"]
TEXTS = st.sampled_from(
    ["", "x", "ann", "x" * 129, "x" * 2049, "EUR", "1.1", "2.0", "12.50", "-1", "1.00001", "007", "view", "order"]
)
VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-2, 3),
    st.sampled_from([2**31 - 1, 2**31, 10**14, 10**14 - 1, 0.5, 12.25]),
    TEXTS,
    st.lists(
        st.fixed_dictionaries({}, optional={"product_id": TEXTS, "quantity": st.integers(-1, 2), "price": TEXTS}), max_size=2
    ),
)


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(["view", "page", "order", "stock", "refund", "x"]),
    st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=4),
)
def test_the_function_and_an_independent_judge_of_the_schema_agree(event_type: str, change: dict[str, Any]):
    event = {**VIEW, "event_type": event_type, **change}
    if isinstance(event["event_time"], str) and event["event_time"] != VIEW["event_time"]:
        return  # the schema knows the form of a time, not the calendar
    status, answer = Shop().post(event, x_api_key=SERVER)
    assert (status == 202) == JUDGE.is_valid(event), (answer, [error.message for error in JUDGE.iter_errors(event)])


def test_every_deployed_route_is_described():
    document = json.loads((ROOT / "docs/openapi.json").read_text(encoding="utf-8"))
    described = {(method.upper(), path) for path, methods in document["paths"].items() for method in methods}
    deployed = {(one.method, f"/{one.path}") for one in (*route.INGEST, *route.SERVING) if one.method != "OPTIONS"}
    assert described == deployed
