"""The API over HTTP against its own description: what openapi.json allows is taken, what it forbids is refused as it says."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import CHECKS
from schemathesis.schemas import APIOperation

from offline.lake.local_lake import LocalLake
from offline.twin import client
from offline.twin.client import Twin

pytestmark = [pytest.mark.full, pytest.mark.twin]

CALLS = int(os.environ.get("SHOPLAKE_API_CALLS", "40"))
ALWAYS = ("not_a_server_error", "status_code_conformance", "content_type_conformance", "response_schema_conformance")
# A schema cannot say that a day exists, that `since` is before `until`, or what a text holds that is sent as text.
UNSAID = {"postEvents", "getLiveMetrics", "getTopProducts"}
# Serving routes do not look at parameters that they do not have. 413 is how a size is refused.
REFUSED_ONLY = {"postFile"}
CONFIG = schemathesis.Config.from_dict(
    {"checks": {"negative_data_rejection": {"expected-statuses": [400, 401, 403, 413, 415, 422]}}}
)


@pytest.fixture(scope="module")
def twin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Twin]:
    lake = LocalLake(tmp_path_factory.mktemp("described"))
    yield client.up(lake.root)
    client.down(lake.root)


@pytest.fixture(scope="module")
def operations(twin: Twin) -> dict[str, APIOperation]:
    served = requests.get(f"{twin.output('ApiUrl').rstrip('/')}/v1/openapi.json", timeout=30).json()
    found = (result.ok() for result in schemathesis.openapi.from_dict(served, config=CONFIG).get_all_operations())
    return {operation.definition.raw["operationId"]: operation for operation in found}


def call(twin: Twin, operation: APIOperation, *, allowed: bool, checks: tuple[str, ...]) -> Counter[int]:
    """Calls one operation many times, with what the description allows or with what it forbids; how often each status came."""
    statuses: Counter[int] = Counter()
    mode = schemathesis.GenerationMode.POSITIVE if allowed else schemathesis.GenerationMode.NEGATIVE

    @settings(
        max_examples=CALLS,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def one(case: schemathesis.Case) -> None:
        response = case.call(base_url=twin.output("ApiUrl"), headers={"x-api-key": twin.server_key}, timeout=30)
        statuses[response.status_code] += 1
        case.validate_response(response, checks=CHECKS.get_by_names(checks))

    one()
    return statuses


OPERATIONS = (
    "postEvents",
    "postFile",
    "getTracker",
    "getOpenApi",
    "getLiveMetrics",
    "getTopProducts",
    "getCustomer",
    "getRecommendations",
    "getRelatedProducts",
)


def test_every_operation_is_called(operations: dict[str, APIOperation]) -> None:
    assert operations.keys() == set(OPERATIONS)


@pytest.mark.parametrize("name", OPERATIONS)
def test_what_the_description_allows_is_taken(name: str, operations: dict[str, APIOperation], twin: Twin) -> None:
    checks = ALWAYS if name in UNSAID else (*ALWAYS, "positive_data_acceptance")
    statuses = call(twin, operations[name], allowed=True, checks=checks)
    assert statuses.keys() & {200, 201, 202, 404}


@pytest.mark.parametrize("name", [name for name in OPERATIONS if name not in {"getTracker", "getOpenApi"}])
def test_what_the_description_forbids_is_refused_as_it_says(name: str, operations: dict[str, APIOperation], twin: Twin) -> None:
    checks = (*ALWAYS, "negative_data_rejection") if name in REFUSED_ONLY else ALWAYS
    statuses = call(twin, operations[name], allowed=False, checks=checks)
    assert statuses.keys() & {400, 403, 422}
