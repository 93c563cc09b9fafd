"""Whole queries over Parquet: aggregates, windows, unnest, names, order, and unusual table files."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from contracts.errors import UsageError
from offline.athena import AthenaEngine, Table
from tests.unit.offline.athena.conftest import COLUMNS, write_events

QUERIES: list[tuple[str, list[tuple[Any, ...]]]] = [
    # names: bare, by zone, in any case
    ("select count(*) from events", [(5,)]),
    ("select count(*) from Processed.EVENTS e where E.Brand = 'oak'", [(2,)]),
    ('select count(*) from "awsdatacatalog"."processed"."events"', [(5,)]),
    ("select count(*) from curated.dim_date", [(0,)]),
    ("with events as (select * from events where brand = 'elm') select count(*) from events", [(2,)]),
    # aggregates
    ("select sum(quantity), sum(quantity) / count(*), avg(quantity) from events", [(15, 3, 3.0)]),
    ("select avg(price), sum(price) from events", [(Decimal("8.7550"), Decimal("35.0200"))]),
    ("select avg(price) from events where brand is null", [(None,)]),
    ("select sum(price) / sum(quantity) from events", [(Decimal("2.3347"),)]),
    ("select sum(price) / count(*) filter (where quantity > 2) from events", [(Decimal("17.5100"),)]),
    ("select avg(price) filter (where brand = 'oak') from events", [(Decimal("15.0050"),)]),
    ("select count_if(quantity > 2), count(distinct brand), approx_distinct(brand) from events", [(2, 2, 2)]),
    ("select max_by(event_id, quantity), min_by(event_id, quantity) from events", [("e3", "e4")]),
    ("select min(event_time), max(price) from events", [(datetime(2026, 1, 5, 10, 59), Decimal("20.0100"))]),
    ("select map_agg(event_id, quantity) from events where source = 'shop_a' and quantity > 2", [({"e1": 3, "e3": 7},)]),
    ("select histogram(brand) from events", [({"elm": 2, "oak": 2},)]),
    ("select multimap_agg(source, quantity) filter (where quantity < 3) from events where period = '2026-01'",
     [({"shop_a": [2], "shop_b": [2]},)]),
    ("select array_agg(event_id order by quantity desc, event_id) from events", [(["e3", "e1", "e2", "e5", "e4"],)]),
    ("select listagg(event_id, ',') within group (order by event_id desc) from events", [("e5,e4,e3,e2,e1",)]),
    ("select approx_percentile(quantity, 0.5), approx_percentile(quantity, array[0.0, 1.0]) from events", [(2, [1, 7])]),
    ("select bool_and(quantity > 0), every(quantity > 1) from events", [(True, False)]),
    ("select arbitrary(brand) from events where brand = 'elm'", [("elm",)]),
    ("select sum(price), count(*), avg(price) from events where false", [(None, 0, None)]),
    ("select stddev_pop(quantity) from events where brand = 'oak'", [(0.5,)]),
    # grouping
    ("select brand, count(*) from events group by 1 order by 2 desc, brand desc", [("oak", 2), ("elm", 2), (None, 1)]),
    ("select brand, count(*) from events group by brand having count(*) > 1 order by brand", [("elm", 2), ("oak", 2)]),
    (("select source, brand, sum(quantity), grouping(source, brand) from events where brand = 'elm' "
     "group by grouping sets ((source, brand), (source), ()) order by 4, 1"),
     [("shop_a", "elm", 7, 0), ("shop_b", "elm", 2, 0), ("shop_a", None, 7, 1), ("shop_b", None, 2, 1), (None, None, 9, 3)]),
    ("select source, count(*) from events group by rollup (source) order by source", [("shop_a", 4), ("shop_b", 1), (None, 5)]),
    ("select date_trunc('month', event_time) as m, count(*) from events group by date_trunc('month', event_time) order by m",
     [(datetime(2026, 1, 1), 3), (datetime(2026, 2, 1), 2)]),
    # nulls sort last in both directions; OFFSET comes before LIMIT
    ("select brand from events order by brand desc limit 3", [("oak",), ("oak",), ("elm",)]),
    ("select brand from events order by brand nulls first limit 1", [(None,)]),
    ("select event_id from events order by event_id offset 1 limit 2", [("e2",), ("e3",)]),
    ("select event_id from events order by event_id offset 3 rows fetch first 1 rows only", [("e4",)]),
    ("select distinct brand from events where brand is not null order by brand", [("elm",), ("oak",)]),
    ("select quantity * 2 as doubled from events order by doubled desc limit 1", [(14,)]),
    # windows
    ("select event_id, row_number() over (partition by source order by event_time desc) as n from events order by event_id",
     [("e1", 4), ("e2", 3), ("e3", 2), ("e4", 1), ("e5", 1)]),
    (("select event_id, lag(quantity) over (order by event_id), lead(quantity, 1, 0) over (order by event_id) "
     "from events where quantity < 7 order by event_id"), [("e1", None, 2), ("e2", 3, 1), ("e4", 2, 2), ("e5", 1, 0)]),
    ("select event_id, last_value(brand) ignore nulls over (order by event_id) from events order by event_id offset 3 limit 1",
     [("e4", "elm")]),
    ("select sum(quantity) over (order by event_id rows between 1 preceding and current row) from events order by event_id",
     [(3,), (5,), (9,), (8,), (3,)]),
    ("select distinct avg(price) over (partition by brand) from events where brand = 'oak'", [(Decimal("15.0050"),)]),
    ("select rank() over w from events where source = 'shop_b' window w as (order by quantity)", [(1,)]),
    ("select event_id from (select event_id, rank() over (order by quantity desc) as r from events) where r = 1", [("e3",)]),
    # unnest
    ("select event_id, tag from events cross join unnest(tags) as t(tag) where event_id = 'e1' order by tag",
     [("e1", "new"), ("e1", "oak")]),
    ("select event_id, k, v from events cross join unnest(counts) as t(k, v) where event_id = 'e3' order by k",
     [("e3", "carts", 1), ("e3", "views", 7)]),
    ("select tag, n from events cross join unnest(tags) with ordinality as t(tag, n) where event_id = 'e1' order by n",
     [("new", 1), ("oak", 2)]),
    ("select x, y from unnest(array[1, 2, 3], array['a', 'b']) as t(x, y) order by x", [(1, "a"), (2, "b"), (3, None)]),
    ("select event_id, x from events left join unnest(filter(tags, t -> t = 'oak')) as u(x) on true order by event_id",
     [("e1", "oak"), ("e2", "oak"), ("e3", None), ("e4", None), ("e5", None)]),
    ("select d from unnest(sequence(date '2026-01-01', date '2026-01-02')) as t(d) order by d",
     [(date(2026, 1, 1),), (date(2026, 1, 2),)]),
    ("select n, t from unnest(array[cast(row(1, 'x') as row(n integer, t varchar))]) as u(n, t)", [(1, "x")]),
    # joins, subqueries, set operations
    ("select a.event_id from events a join events b on a.quantity = b.quantity and a.event_id < b.event_id", [("e2",)]),
    ("select count(*) from events join (values ('oak', 1), ('elm', 2)) as w(brand, weight) using (brand)", [(4,)]),
    ("select brand from events e where exists (select 1 from events x where x.quantity > 5 and x.event_id = e.event_id)",
     [("elm",)]),
    ("select event_id from events where quantity = (select max(quantity) from events)", [("e3",)]),
    ("select event_id from events where brand not in ('oak', 'elm')", []),
    ("select 1 as n union all select 2.5 order by n", [(Decimal("1.0"),), (Decimal("2.5"),)]),
    ("select brand from events intersect select 'oak'", [("oak",)]),
    ("select brand from events where brand is not null except select 'oak'", [("elm",)]),
    ("values (1, 'a'), (2, 'b')", [(1, "a"), (2, "b")]),
    ("select sum(n) / 2 from (values 3, 4) as t(n)", [(3,)]),
    ("table curated.dim_date", []),
    # moments
    ("select date_diff('hour', min(event_time), max(event_time)) from events where brand = 'oak'", [(0,)]),
    ("select event_id from events where event_time >= date '2026-02-01' and event_time < date '2026-02-02'", [("e3",)]),
    ("select cast(event_time as varchar) from events where event_id = 'e1'", [("2026-01-05 10:59:00.000",)]),
    ("select event_id from events where event_time between timestamp '2026-01-31 00:00:00' and timestamp '2026-01-31 23:59:59'",
     [("e5",)]),
]  # fmt: skip


@pytest.mark.parametrize(("sql", "expected"), QUERIES)
def test_a_query_returns_what_athena_returns(engine: AthenaEngine, sql: str, expected: list[tuple[Any, ...]]) -> None:
    assert [tuple(map(str, row)) for row in engine.query(sql).rows] == [tuple(map(str, row)) for row in expected]


def test_columns_are_exactly_the_declared_ones_in_athena_types(engine: AthenaEngine) -> None:
    assert engine.query("select * from events limit 1").columns == [
        ("event_id", "varchar"),
        ("brand", "varchar"),
        ("price", "decimal(18,4)"),
        ("quantity", "integer"),
        ("event_time", "timestamp(3)"),
        ("tags", "array(varchar)"),
        ("counts", "map(varchar, bigint)"),
        ("source", "varchar"),
        ("period", "varchar"),
    ]


def test_unnamed_columns_are_numbered_and_names_keep_their_case(engine: AthenaEngine) -> None:
    columns = engine.query(
        'select 1, brand, count(*), max(price) as "Top Price", 7 / 2.0 as Half from events group by brand'
    ).columns

    assert columns == [
        ("_col0", "integer"),
        ("brand", "varchar"),
        ("_col2", "bigint"),
        ("Top Price", "decimal(18,4)"),
        ("Half", "decimal(12,1)"),
    ]


def test_a_table_without_files_is_empty_and_typed(engine: AthenaEngine) -> None:
    result = engine.query("select order_id, amount / 2 as half from orders")

    assert (result.columns, result.rows) == ([("order_id", "varchar"), ("half", "decimal(18,4)")], [])


def test_a_column_missing_from_older_files_is_null(tmp_path: Path) -> None:
    write_events(tmp_path / "events" / "source=s", "('e1','oak',1.00,3,'2026-01-05 10:59:00')")
    table = Table("events", tmp_path / "events", (("event_id", "string"), ("color", "string"), ("source", "string")), ("source",))

    assert AthenaEngine({"processed.events": table}).query("select * from events").rows == [("e1", None, "s")]


def test_new_files_are_visible_to_the_next_query(tmp_path: Path) -> None:
    engine = AthenaEngine({"processed.events": Table("events", tmp_path / "events", COLUMNS, ("source", "period"))})
    before = engine.query("select count(*) from events").rows

    write_events(tmp_path / "events" / "source=s" / "period=2026-01", "('e1','oak',1.00,3,'2026-01-05 10:59:00')")

    assert (before, engine.query("select count(*) from events").rows) == ([(0,)], [(1,)])


def test_pruned_partitions_are_not_read(engine: AthenaEngine) -> None:
    def scanned(where: str) -> str:
        plan = "\n".join(row[0] for row in engine.query(f"explain select event_id from events where {where}").rows)
        return plan.partition("Scanning Files: ")[2].split()[0]

    # Conditions that the engine leaves to DuckDB.
    assert scanned("coalesce(source, 'x') = 'shop_a' and coalesce(period, 'x') = '2026-02'") == "1/3"
    assert scanned("coalesce(period, 'x') = '2026-01'") == "2/3"
    assert scanned("coalesce(source, 'x') = 'shop_b'") == "1/3"


@pytest.mark.parametrize(
    ("where", "read"),
    [
        ("period = '2026-01'", 1),
        ("period > '2026-01' and '2026-03' > period", 1),
        ("period in ('2026-01', '2026-07')", 1),
        ("(period between '2026-02' and '2026-03')", 2),
        ("source = 'shop_a' and quantity > 0", 3),
        ("period = '2026-01' or quantity > 0", 3),
        ("coalesce(period, 'x') = '2026-01'", 3),
    ],
)
def test_files_of_other_partitions_are_not_opened(tmp_path: Path, where: str, read: int) -> None:
    # GIVEN three months, of which those that are not needed cannot be read
    rows = "('e1','oak',1.00,3,'2026-01-05 10:59:00')"
    for month in ("2026-01", "2026-02", "2026-03"):
        write_events(tmp_path / "events" / "source=shop_a" / f"period={month}", rows)
    table = Table("events", tmp_path / "events", COLUMNS, ("source", "period"))
    engine = AthenaEngine({"processed.events": table})
    opened: list[int] = []
    original = engine._view
    engine._view = lambda table, paths: (opened.append(len(paths)), original(table, paths))[1]  # type: ignore[method-assign]
    # WHEN
    expected = len(engine.query(f"select * from (select * from events limit 9) as e where {where}").rows)
    assert opened == [3]
    # THEN
    assert len(engine.query(f"select * from events where {where}").rows) == expected
    assert opened == [3, read]


def test_hidden_columns_say_where_a_row_is(tables: dict[str, Table], lake: Path) -> None:
    located = replace(tables["processed.events"], location="s3://shop/events")
    engine = AthenaEngine(tables | {"processed.events": located})

    row = engine.query("""select "$path", "$partition", event_id from events where event_id = 'e3'""").rows
    assert row == [("s3://shop/events/source=shop_a/period=2026-02/part-0.parquet", "source=shop_a/period=2026-02", "e3")]
    assert engine.query("""select count(distinct "$path") from events where source = 'shop_a'""").rows == [(2,)]
    assert engine.query('select "$partition" from orders').rows == []
    assert "$path" not in [name for name, _ in engine.query("select * from events").columns]
    with pytest.raises(UsageError, match="lists its columns"):
        engine.query('select *, "$path" from events')


def test_a_table_that_is_named_twice_keeps_what_either_place_needs(engine: AthenaEngine) -> None:
    sql = """
        select a.event_id, b.event_id
        from events as a left join events as b on a.brand = b.brand and b.event_id <> a.event_id
        where a.period = '2026-02' and a.brand is not null
    """
    assert engine.query(sql).rows == [("e3", "e5")]
    assert engine.query(sql.replace("where", "where b.source = 'shop_a' and")).rows == []


def test_show_and_describe_list_the_declared_tables(engine: AthenaEngine) -> None:
    assert engine.query("show tables in processed").rows == [("processed", "events"), ("processed", "orders")]
    assert engine.query("SHOW TABLES LIKE 'dim%';").rows == [("curated", "dim_date")]
    assert engine.query("show schemas").rows == [("curated",), ("processed",)]
    assert engine.query("describe orders").rows == [
        ("order_id", "varchar", ""),
        ("amount", "decimal(18,4)", ""),
        ("source", "varchar", "partition key"),
    ]


def test_show_tables_takes_patterns_and_refuses_an_unknown_database(engine: AthenaEngine) -> None:
    assert engine.query("show tables 'ord*|dim*'").rows == [("curated", "dim_date"), ("processed", "orders")]
    with pytest.raises(UsageError, match="There is no database nosuch; the databases are curated and processed"):
        engine.query("show tables in nosuch")


def test_the_deployed_databases_are_named_as_on_aws(tables: dict[str, Table], tmp_path: Path) -> None:
    engine = AthenaEngine(tables, databases={"processed": "shop_dev_processed", "curated": "shop_dev_curated"})

    assert engine.query("select count(*) from shop_dev_processed.events").rows == [(5,)]
    assert engine.query('select count(*) from "awsdatacatalog"."shop_dev_processed"."events"').rows == [(5,)]
    assert engine.query("show databases").rows == [("shop_dev_curated",), ("shop_dev_processed",)]
    assert engine.query("show tables in shop_dev_curated").rows == [("curated", "dim_date")]
    with pytest.raises(UsageError, match="no table shop_prod_curated"):
        engine.query("select 1 from shop_prod_curated.dim_date")


def test_comments_and_a_final_semicolon_are_ignored(engine: AthenaEngine) -> None:
    assert engine.query("-- how many\n/* all */ select count(*) from events; ").rows == [(5,)]
