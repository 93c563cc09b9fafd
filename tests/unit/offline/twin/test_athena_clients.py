"""The local Athena through the clients that people use: awswrangler, PyAthena, SQLAlchemy."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import boto3
import pytest

from offline.twin.client import Twin
from tests.support.athena_shop import serve_shop


@pytest.fixture(scope="module")
def twin(tmp_path_factory: pytest.TempPathFactory, serve: Callable[..., Twin]) -> Twin:
    return serve_shop(tmp_path_factory.mktemp("athena"), serve)


@pytest.mark.full
def test_awswrangler_reads_frames_and_describes_tables(twin: Twin, monkeypatch: pytest.MonkeyPatch) -> None:
    import awswrangler as wr

    for name, value in twin.endpoint.environment.items():
        monkeypatch.setenv(name, value)
    session = boto3.Session()
    sql = "select product, quantity, net from sales where product is not null order by quantity"
    common: dict[str, Any] = {"database": "shop_dev_lake", "workgroup": "analyst", "boto3_session": session}

    for how in ({"ctas_approach": False}, {"ctas_approach": True}, {"ctas_approach": False, "unload_approach": True}):
        extra = {"s3_output": f"s3://results/{'-'.join(how)}/"} if "unload_approach" in how else {}
        frame = wr.athena.read_sql_query(sql, **common, **how, **extra)
        assert list(frame["quantity"]) == [2, 3, 5]
        assert list(map(str, frame["net"])) == ["9.0000", "1.0000", "7.5000"]
    with pytest.raises(wr.exceptions.QueryFailed, match="There is no table nowhere"):
        wr.athena.read_sql_query("select 1 as one from nowhere", **common, ctas_approach=False)
    assert wr.catalog.table(database="shop_dev_lake", table="sales", boto3_session=session)["Column Name"].iloc[0] == "product"
    assert wr.athena.describe_table("sales", **common)["Column Name"].iloc[0] == "product"


@pytest.mark.full
def test_pyathena_reads_rows_pages_and_parameters(twin: Twin, monkeypatch: pytest.MonkeyPatch) -> None:
    import pyathena
    from pyathena.pandas.cursor import PandasCursor

    for name, value in twin.endpoint.environment.items():
        monkeypatch.setenv(name, value)
    connection = pyathena.connect(work_group="analyst", schema_name="shop_dev_lake", poll_interval=0.05)
    cursor = connection.cursor()

    cursor.execute("select product, quantity, net from sales where source = %(shop)s order by quantity", {"shop": "a"})
    assert [column[:2] for column in cursor.description] == [("product", "varchar"), ("quantity", "integer"), ("net", "decimal")]
    assert cursor.fetchall() == [(None, 1, None), ("mug", 2, Decimal("9.0000")), ("pen", 5, Decimal("7.5000"))]
    assert cursor.data_scanned_in_bytes > 0
    cursor.execute("select product from sales where quantity > ? order by 1", ["2"], paramstyle="qmark")
    assert cursor.fetchall() == [('it\'s "x"',), ("pen",)]
    cursor.execute("select n from unnest(sequence(1, 2500)) as t (n)")
    assert [row[0] for row in cursor] == list(range(1, 2501))
    with pytest.raises(pyathena.OperationalError, match="There is no table nowhere"):
        cursor.execute("select 1 as one from nowhere")
    frame = (
        connection.cursor(PandasCursor).execute("select quantity, net from sales where net is not null order by 1").as_pandas()
    )
    assert frame.to_dict("list") == {"quantity": [2, 3, 5], "net": [Decimal("9.0000"), Decimal("1.0000"), Decimal("7.5000")]}


@pytest.mark.full
def test_sqlalchemy_reads_the_catalog_and_makes_tables(twin: Twin, monkeypatch: pytest.MonkeyPatch) -> None:
    import sqlalchemy

    for name, value in twin.endpoint.environment.items():
        monkeypatch.setenv(name, value)
    engine = sqlalchemy.create_engine("awsathena+rest://athena.us-east-1.amazonaws.com:443/shop_dev_lake?work_group=analyst")
    with engine.connect() as connection:
        catalog = sqlalchemy.inspect(connection)
        assert "sales" in catalog.get_table_names()
        columns = {column["name"]: str(column["type"]) for column in catalog.get_columns("sales")}
        assert columns == {"product": "VARCHAR", "quantity": "INTEGER", "net": "DECIMAL(18, 4)", "source": "VARCHAR"}
        sales = sqlalchemy.Table("sales", sqlalchemy.MetaData(), autoload_with=connection)
        query = sqlalchemy.select(sales.c.product, sqlalchemy.func.sum(sales.c.quantity)).where(sales.c.quantity > 2)
        assert connection.execute(query.group_by(sales.c.product).order_by(sales.c.product).limit(5)).fetchall() == [
            ('it\'s "x"', 3),
            ("pen", 5),
        ]
