"""The deployer of views against a small Athena: order, stamps, drops, and failures that leave everything as it was."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from athena_queries.deployer import STAMP, Deployer, fingerprints
from athena_queries.views import View, load_views
from contracts.errors import PlatformError


class Account:
    """Athena and Glue in one: views by name, the statements that ran, and one view that cannot be created."""

    def __init__(self) -> None:
        self.tables: dict[str, dict[str, Any]] = {}
        self.statements: list[str] = []
        self.refused = ""

    def start_query_execution(self, **request: Any) -> dict[str, str]:
        self.statements.append(request["QueryString"])
        return {"QueryExecutionId": request["QueryString"]}

    def get_query_execution(self, **request: str) -> dict[str, Any]:
        statement = request["QueryExecutionId"]
        create = re.match(r"CREATE OR REPLACE VIEW (\w+) AS\n(.*)", statement, re.DOTALL)
        if create and create[1] == self.refused:
            return _status(State="FAILED", StateChangeReason="COLUMN_NOT_FOUND: line 3:1: Column 'nothing' cannot be resolved")
        if create:
            self.tables[create[1]] = {
                "Name": create[1],
                "TableType": "VIRTUAL_VIEW",
                "ViewOriginalText": create[2],
                "Parameters": {},
            }
        else:
            self.tables.pop(statement.removeprefix("DROP VIEW IF EXISTS "))
        return _status(State="SUCCEEDED")

    def get_table(self, **request: str) -> dict[str, Any]:
        return {"Table": {**self.tables[request["Name"]], "DatabaseName": request["DatabaseName"], "CreateTime": 1}}

    def update_table(self, **request: Any) -> None:
        entry = request["TableInput"]
        assert "CreateTime" not in entry, "Glue refuses what only it writes"
        self.tables[entry["Name"]] = entry

    create_table = update_table

    def delete_table(self, **request: str) -> None:
        del self.tables[request["Name"]]

    def get_paginator(self, _: str) -> Account:
        return self

    def paginate(self, **_: Any) -> Iterator[dict[str, Any]]:
        yield {"TableList": list(self.tables.values())}


def _status(**status: str) -> dict[str, Any]:
    return {"QueryExecution": {"Status": status}}


@pytest.fixture
def account() -> Account:
    return Account()


def deployer(account: Account, views: dict[str, View]) -> Deployer:
    return Deployer(account, account, "shop_dev_curated", "shop-dev-analyst", views)


def ordered() -> dict[str, View]:
    return {name: view for name, view in load_views().items() if name in ("customer_ranking", "customer_totals")}


def test_views_are_created_after_those_that_they_read_and_then_kept(account: Account) -> None:
    first = deployer(account, ordered()).deploy()
    statements = len(account.statements)
    second = deployer(account, ordered()).deploy()

    assert [change.action for change in first] == ["create", "create"]
    created = [statement.split()[4] for statement in account.statements]
    assert created.index("customer_ranking") < created.index("customer_totals")
    assert [change.action for change in second] == ["keep", "keep"]
    assert len(account.statements) == statements


def test_a_change_reaches_the_views_above_and_no_others(account: Account) -> None:
    views = ordered()
    deployer(account, views).deploy()
    below = views | {"customer_ranking": replace(views["customer_ranking"], sql=views["customer_ranking"].sql + "\n-- changed")}
    above = views | {"customer_totals": replace(views["customer_totals"], sql=views["customer_totals"].sql + "\n-- changed")}

    assert {change.name: change.action for change in deployer(account, below).changes()} == dict.fromkeys(views, "replace")
    assert {change.name: change.action for change in deployer(account, above).changes()} == {
        "customer_ranking": "keep",
        "customer_totals": "replace",
    }


def test_another_type_in_a_contract_is_another_fingerprint(monkeypatch: pytest.MonkeyPatch) -> None:
    from athena_queries import deployer as module
    from contracts import load_all

    before = fingerprints(load_views())
    contracts = dict(load_all())
    table = next(iter(load_views()["customer_ranking"].reads & contracts.keys()))
    columns = [replace(column, physical_type="decimal(38,4)") for column in contracts[table].columns]
    contracts[table] = replace(contracts[table], columns=columns)
    monkeypatch.setattr(module, "load_all", lambda: contracts)

    after = fingerprints(load_views())
    reached = {name for name in after if after[name] != before[name]}
    assert {"customer_ranking", "customer_totals"} <= reached
    assert reached < set(after)


def test_a_view_that_left_the_repository_is_dropped_and_other_peoples_stay(account: Account) -> None:
    views = ordered()
    deployer(account, views).deploy()
    account.tables["mine"] = {"Name": "mine", "TableType": "VIRTUAL_VIEW", "ViewOriginalText": "select 1", "Parameters": {}}
    account.tables["dim_date"] = {"Name": "dim_date", "TableType": "EXTERNAL_TABLE", "Parameters": {}}

    changes = deployer(account, {"customer_ranking": views["customer_ranking"]}).deploy()

    assert [(change.name, change.action) for change in changes] == [("customer_ranking", "keep"), ("customer_totals", "drop")]
    assert set(account.tables) == {"customer_ranking", "mine", "dim_date"}


@pytest.mark.parametrize("is_first", [True, False])
def test_a_failure_puts_the_former_definitions_back(account: Account, *, is_first: bool) -> None:
    views = ordered()
    if not is_first:
        deployer(account, views).deploy()
    before = {name: dict(table) for name, table in account.tables.items()}
    changed = {name: replace(view, sql=view.sql + "\n-- changed") for name, view in views.items()}
    account.refused = "customer_totals"

    with pytest.raises(PlatformError) as error:
        deployer(account, changed).deploy()

    assert str(error.value) == (
        "View customer_totals: COLUMN_NOT_FOUND: line 3:1: Column 'nothing' cannot be resolved. The former definitions are back. "
        "Fix it, then deploy again."
    )
    assert account.tables == before


def test_a_statement_that_does_not_end_is_stopped_and_said(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    stopped: list[str] = []
    monkeypatch.setattr("athena_queries.deployer.STATEMENT_SECONDS", 0)
    monkeypatch.setattr("athena_queries.waiting.WAIT_SECONDS", 0.001)
    monkeypatch.setattr(account, "get_query_execution", lambda **_: _status(State="QUEUED"))
    monkeypatch.setattr(
        account, "stop_query_execution", lambda **request: stopped.append(request["QueryExecutionId"]), raising=False
    )
    with pytest.raises(PlatformError, match=r"^View \w+: Athena took more than 0 s\. The former definitions are back\."):
        deployer(account, load_views()).deploy()
    assert stopped == account.statements
    assert len(stopped) == 1


def test_every_deployed_view_has_its_fingerprint(account: Account) -> None:
    deployer(account, ordered()).deploy()

    assert {name: table["Parameters"][STAMP] for name, table in account.tables.items()} == fingerprints(ordered())
