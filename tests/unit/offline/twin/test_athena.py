"""Athena's API of the local stack: real queries, DDL, results, limits, as boto3 calls it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

from athena_queries.deployer import Deployer
from athena_queries.views import View
from contracts.errors import PlatformError
from offline.twin.client import Twin
from tests.support.athena_shop import serve_shop


@pytest.fixture(scope="module")
def twin(tmp_path_factory: pytest.TempPathFactory, serve: Callable[..., Twin]) -> Twin:
    return serve_shop(tmp_path_factory.mktemp("athena"), serve)


@pytest.fixture(scope="module")
def athena(twin: Twin) -> Any:
    return twin.client("athena")


def finish(athena: Any, sql: str, *, workgroup: str = "analyst", **more: Any) -> dict[str, Any]:
    """Run a statement and wait for its end."""
    more.setdefault("QueryExecutionContext", {"Database": "shop_dev_lake"})
    query = athena.start_query_execution(QueryString=sql, WorkGroup=workgroup, **more)["QueryExecutionId"]
    deadline = time.monotonic() + 30
    while (execution := athena.get_query_execution(QueryExecutionId=query)["QueryExecution"])["Status"]["State"] in (
        "QUEUED",
        "RUNNING",
    ):
        assert time.monotonic() < deadline
    return dict(execution)


def rows(athena: Any, sql: str, **more: Any) -> list[list[str | None]]:
    execution = finish(athena, sql, **more)
    assert execution["Status"]["State"] == "SUCCEEDED", execution["Status"]
    answer = athena.get_query_results(QueryExecutionId=execution["QueryExecutionId"])
    return [[value.get("VarCharValue") for value in row["Data"]] for row in answer["ResultSet"]["Rows"]]


def reason(athena: Any, sql: str, **more: Any) -> str:
    execution = finish(athena, sql, **more)
    assert execution["Status"]["State"] == "FAILED"
    return str(execution["Status"]["StateChangeReason"])


def test_a_query_returns_its_rows_with_names_types_and_scanned_bytes(athena: Any, twin: Twin) -> None:
    execution = finish(athena, "select product, quantity, net, 1e0 / 4 as share from sales order by quantity desc nulls last")
    answer = athena.get_query_results(QueryExecutionId=execution["QueryExecutionId"])

    texts = [[value.get("VarCharValue") for value in row["Data"]] for row in answer["ResultSet"]["Rows"]]
    assert texts == [
        ["product", "quantity", "net", "share"],
        ["pen", "5", "7.5000", "0.25"],
        ['it\'s "x"', "3", "1.0000", "0.25"],
        ["mug", "2", "9.0000", "0.25"],
        [None, "1", None, "0.25"],
    ]
    columns = answer["ResultSet"]["ResultSetMetadata"]["ColumnInfo"]
    assert [(c["Type"], c["Scale"]) for c in columns] == [("varchar", 0), ("integer", 0), ("decimal", 4), ("double", 0)]
    assert execution["Statistics"]["DataScannedInBytes"] > 0
    location = execution["ResultConfiguration"]["OutputLocation"]
    assert location == f"s3://results/analyst/{execution['QueryExecutionId']}.csv"
    lines = (twin.lake / "s3" / location.removeprefix("s3://")).read_text().splitlines()
    assert lines[2] == '"it\'s ""x""","3","1.0000","0.25"'
    assert lines[4] == ',"1",,"0.25"'


def test_wrong_sql_fails_with_the_reason(athena: Any) -> None:
    assert "selec" in reason(athena, "selec 1 frm nowhere")
    assert "There is no table nowhere" in reason(athena, "select 1 from nowhere")
    assert "did you mean product" in reason(athena, "select prodct from sales")
    for sql, word in {
        "insert into sales values (1)": "INSERT INTO is refused",
        "delete from sales": "DELETE is refused",
        "msck repair table sales": "MSCK REPAIR TABLE is refused",
        "drop table sales": "DROP TABLE sales is refused",
    }.items():
        assert word in reason(athena, sql)


def test_a_query_above_the_workgroups_limit_is_cancelled(athena: Any) -> None:
    execution = finish(athena, "select max(product), sum(net) from sales", workgroup="narrow")

    assert execution["Status"]["State"] == "CANCELLED"
    assert "Bytes scanned limit was exceeded" in execution["Status"]["StateChangeReason"]


def test_a_stopped_query_is_cancelled(athena: Any) -> None:
    numbers = "unnest(sequence(1, 9999))"
    sql = f"select count(*) from {numbers} a(x) cross join {numbers} b(y) cross join {numbers} c(z) where x + y = z"
    query = athena.start_query_execution(QueryString=sql, WorkGroup="analyst")["QueryExecutionId"]
    athena.stop_query_execution(QueryExecutionId=query)

    status = athena.get_query_execution(QueryExecutionId=query)["QueryExecution"]["Status"]
    assert (status["State"], status["StateChangeReason"]) == ("CANCELLED", "Query cancelled by user")


def test_views_are_created_replaced_listed_and_dropped(athena: Any) -> None:
    finish(athena, "create view big as select product, net from sales where quantity > 1")
    assert rows(athena, "select count(*) from big")[1:] == [["3"]]
    assert "View already exists" in reason(athena, "create view big as select 1 as one")
    assert (
        finish(athena, "create or replace view shop_dev_lake.big as select sum(net) as net from sales")["StatementType"] == "DDL"
    )

    assert rows(athena, 'select net from "AwsDataCatalog"."shop_dev_lake"."big"')[1:] == [["17.5000"]]
    assert rows(athena, "show views") == [["big"]]
    assert rows(athena, "show create view big")[0] == ["CREATE VIEW big AS"]
    assert "needs a name" in reason(athena, "create or replace view big as select 1")
    assert "no column nothing" in reason(athena, "create or replace view big as select nothing from sales")
    finish(athena, "drop view big")
    assert "does not exist" in reason(athena, "drop view big")
    assert finish(athena, "drop view if exists big")["Status"]["State"] == "SUCCEEDED"


def test_views_are_deployed_compared_and_restored(athena: Any, twin: Twin) -> None:
    # GIVEN two views, one of which reads the other
    def view(name: str, sql: str) -> View:
        return View(name=name, purpose="", grain="", owner="", columns=(), sql=sql, reads=frozenset())

    sold = view("sold", "-- Purpose: units of each product.\nselect product, sum(quantity) as units from sales group by product")
    views = {"sold": sold, "best": view("best", "select product from sold order by units desc limit 1")}
    glue = twin.client("glue")

    def deployer(views: dict[str, View]) -> Deployer:
        return Deployer(athena, glue, "shop_dev_lake", "analyst", views)

    # WHEN they are deployed, again, and then with a view that cannot be created
    first, again = ([change.action for change in deployer(views).deploy()] for _ in range(2))
    broken = views | {"best": view("best", "select nothing from sold")}
    with pytest.raises(PlatformError, match=r"View best: There is no column nothing .*The former definitions are back"):
        deployer(broken).deploy()
    # THEN the former views are there, until the repository has none
    assert (first, again) == (["create", "create"], ["keep", "keep"])
    assert rows(athena, "select product from best")[1:] == [["pen"]]
    assert [change.action for change in deployer({}).deploy()] == ["drop", "drop"]
    assert rows(athena, "show views") == []


def test_the_catalog_is_shown(athena: Any) -> None:
    assert ["shop_dev_lake"] in rows(athena, "show databases")
    assert rows(athena, "show tables in shop_dev_lake 's*|t*'") == [["sales"]]
    assert rows(athena, "show columns in sales") == [["product"], ["quantity"], ["net"], ["source"]]
    assert rows(athena, "show partitions sales") == [["source=a"], ["source=b"]]
    assert [row[0].strip() for row in rows(athena, "describe sales")][:2] == ["product", "quantity"]
    assert "LOCATION" in [row[0] for row in rows(athena, "show create table sales")]
    found = rows(athena, "select table_name, table_type from information_schema.tables where table_schema = 'shop_dev_lake'")
    assert found[1:] == [["sales", "BASE TABLE"]]
    typed = rows(athena, "select column_name, data_type from information_schema.columns where table_name = 'sales' order by 1")
    assert typed[1:] == [["net", "decimal(18,4)"], ["product", "varchar"], ["quantity", "integer"], ["source", "varchar"]]
    assert rows(athena, "explain select 1 as one")[0][0]
    assert "does not exist" in reason(athena, "show tables in nosuch")


def test_parameters_and_prepared_statements_fill_the_question_marks(athena: Any) -> None:
    sql = "select quantity from sales where product = ? and quantity > ?"
    assert rows(athena, sql, ExecutionParameters=["'mug'", "1"])[1:] == [["2"]]
    assert "has 2 parameters" in reason(athena, sql, ExecutionParameters=["1"])

    finish(athena, f"prepare by_product from {sql}")
    assert rows(athena, "execute by_product using 'pen', 1")[1:] == [["5"]]
    listed = athena.list_prepared_statements(WorkGroup="analyst")["PreparedStatements"]
    assert [one["StatementName"] for one in listed] == ["by_product"]
    assert (
        athena.get_prepared_statement(WorkGroup="analyst", StatementName="by_product")["PreparedStatement"]["QueryStatement"]
        == sql
    )
    finish(athena, "deallocate prepare by_product")
    assert "not found" in reason(athena, "execute by_product using 'pen', 1")


def test_a_result_is_reused_within_its_age(athena: Any) -> None:
    reuse = {"ResultReuseByAgeConfiguration": {"Enabled": True, "MaxAgeInMinutes": 5}}
    sql = "select count(*) as n, max(net) from sales"
    first = finish(athena, sql, ResultReuseConfiguration=reuse)
    again = finish(athena, sql, ResultReuseConfiguration=reuse)
    other = finish(athena, sql)

    assert not first["Statistics"]["ResultReuseInformation"]["ReusedPreviousResult"]
    assert again["Statistics"]["ResultReuseInformation"]["ReusedPreviousResult"]
    assert again["Statistics"]["DataScannedInBytes"] == 0
    assert again["ResultConfiguration"] == first["ResultConfiguration"]
    assert not other["Statistics"]["ResultReuseInformation"]["ReusedPreviousResult"]


def test_ctas_writes_a_table_and_unload_writes_files(athena: Any, twin: Twin) -> None:
    finish(
        athena,
        "create table copied with (format = 'PARQUET', partitioned_by = array['source']) as select product, net, source "
        "from sales",
    )
    assert rows(athena, "select sum(net) from copied where source = 'a'")[1:] == [["16.5000"]]
    assert "already exists" in reason(athena, "create table copied as select 1 as one")
    unload = "unload (select product from sales where source = 'b') to 's3://results/out/' with (format = 'parquet')"
    unloaded = finish(athena, unload)
    assert unloaded["Status"]["State"] == "SUCCEEDED"
    assert len(list((twin.lake / "s3" / "results" / "out").glob("*.parquet"))) == 1
    assert "already exists" in reason(athena, "unload (select 1 as one) to 's3://results/out/' with (format = 'parquet')")

    many = "create table many with (partitioned_by = array['n']) as select 1 as one, n from unnest(sequence(1, 101)) as t(n)"
    assert "HIVE_TOO_MANY_OPEN_PARTITIONS" in reason(athena, many)
    finish(athena, "drop table copied")
    assert rows(athena, "show tables 'copied'") == []


def test_a_table_without_partitions_is_read_and_takes_properties(athena: Any, twin: Twin) -> None:
    assert finish(athena, "create table plain as select product, quantity from sales")["Status"]["State"] == "SUCCEEDED"
    assert rows(athena, "select count(*), sum(quantity) from plain")[1:] == [["4", "11"]]
    # dbt does this to every table that it makes.
    altered = finish(athena, "alter table `shop_dev_lake`.`plain` set tblproperties ('classification' = 'parquet', 'team'='web')")
    assert altered["Status"]["State"] == "SUCCEEDED"
    glue = twin.client("glue")
    assert glue.get_table(DatabaseName="shop_dev_lake", Name="plain")["Table"]["Parameters"]["team"] == "web"
    assert rows(athena, "select count(*) from plain")[1:] == [["4"]]
    refused = reason(athena, "alter table sales set tblproperties ('team' = 'web')")
    assert refused == "ALTER TABLE sales is refused: a contract defines the table; only tables of CTAS change."
    assert reason(athena, "alter table plain add columns (more int)").startswith("This ALTER is refused")
    finish(athena, "drop table plain")


def test_pages_of_results_lead_to_each_other(athena: Any) -> None:
    query = finish(athena, "select n from unnest(sequence(1, 25)) as t(n) order by n")["QueryExecutionId"]
    first = athena.get_query_results(QueryExecutionId=query, MaxResults=20)
    second = athena.get_query_results(QueryExecutionId=query, MaxResults=20, NextToken=first["NextToken"])

    values = [row["Data"][0]["VarCharValue"] for page in (first, second) for row in page["ResultSet"]["Rows"]]
    assert values == ["n", *map(str, range(1, 26))]
    assert "NextToken" not in second


def test_metadata_calls_know_the_glue_catalog(athena: Any) -> None:
    assert "shop_dev_lake" in [d["Name"] for d in athena.list_databases(CatalogName="AwsDataCatalog")["DatabaseList"]]
    table = athena.get_table_metadata(CatalogName="AwsDataCatalog", DatabaseName="shop_dev_lake", TableName="sales")[
        "TableMetadata"
    ]
    assert [c["Name"] for c in table["Columns"]] == ["product", "quantity", "net"]
    assert athena.get_data_catalog(Name="AwsDataCatalog")["DataCatalog"]["Type"] == "GLUE"
    assert athena.list_engine_versions()["EngineVersions"]
    with pytest.raises(athena.exceptions.InvalidRequestException, match="was not found"):
        athena.get_query_execution(QueryExecutionId="none")
