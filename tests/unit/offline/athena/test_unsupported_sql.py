"""Unsupported SQL is rejected with one sentence that names the problem and the remedy, and hides DuckDB and sqlglot."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from contracts.errors import LakeError
from offline.athena import AthenaEngine, Table, tables_of

REFUSED = [
    # read-only
    ("insert into events values (1)", "INSERT is not supported"),
    ("drop table events", "DROP is not supported"),
    ("create table x as select 1", "CREATE is not supported"),
    ("msck repair table events", "MSCK is not supported"),
    ("unload (select 1) to 's3://x'", "UNLOAD is not supported"),
    ("explain analyze select 1", "EXPLAIN is not supported"),
    ("set timezone = 'x'", "SET is not supported"),
    ("select 1; drop table events", "one statement at a time"),
    ("", "no SQL to run"),
    # only the lake's tables, only Athena's functions
    ("select * from read_parquet('/etc/hosts')", "is not a table"),
    ("select * from '/etc/hosts'", "no table /etc/hosts"),
    ("select * from duckdb_settings()", "is not a table"),
    ("select getenv('HOME')", "getenv() is not a function"),
    ("select list_sum(array[1])", "list_sum() is not a function"),
    # unknown names, with suggestions
    ("select * from evnts", "did you mean events"),
    ("select * from procesed.events", "did you mean processed.events"),
    ("select prce from events", "did you mean price"),
    ("select avgg(quantity) from events", "Did you mean avg"),
    ("select x.brand from events e", "no table or alias x"),
    ("select brand from events a join events b on a.event_id = b.event_id", "write alias.brand"),
    ("select brand as b from events where b = 'oak'", "output column"),
    ("select brand as b, count(*) from events group by b", "output column"),
    ("select brand, count(*) as n from events group by brand having n > 1", "output column"),
    # types that Athena rejects
    ("select * from events where event_time >= '2026-01-01'", "write date or timestamp '…'"),
    ("select * from events where quantity = '3'", "cast(… as integer)"),
    ("select price || 'x' from events", "cast(… as varchar)"),
    ("select lower(quantity) from events", "lower() takes text"),
    ("select coalesce(quantity, 'x') from events", "coalesce() mixes"),
    ("select case when true then 1 else 'a' end", "CASE mixes"),
    ("select 1 union select 'a'", "mixes"),
    ("select 1 union select 1, 2", "same number"),
    ("select * from events where quantity", "must be boolean"),
    ("select * from events where quantity like '1%'", "LIKE takes text"),
    ("select date '2026-01-01' + interval '1' hour", "cast it to timestamp"),
    # no faithful translation
    ("select checksum(event_id) from events", "compare count(*), sum()"),
    ("select random()", "a different value each time"),
    ("select * from events tablesample bernoulli (10)", "TABLESAMPLE"),
    ("with recursive r(n) as (select 1 union all select n + 1 from r) select * from r", "WITH RECURSIVE"),
    ("select cast('a' as char(3))", "use varchar"),
    ("select json_extract_scalar('{}', '$..a')", "steps such as $.name"),
    ("select format_datetime(event_time, 'QQQ') from events", "QQQ is not translated"),
    ("select format_datetime(event_time, 'HH:mm Z') from events", "has no time zone"),
    ("select _col0 from unnest(array[5, 6])", "no column _col0"),
    ("select format_datetime(event_time, brand) from events", "must be a literal"),
    ("select format_datetime(event_time, 'yyyy ''x') from events", "quote"),
    ("select date_format(event_time, '%U') from events", "%U is not translated"),
    ("select date_diff('fortnight', event_time, event_time) from events", "'fortnight' is not a unit"),
    ("select event_time at time zone 'Europe/Berlin' from events", "as timestamp"),
    ("select event_time at time zone 'Europe/Berlin' > event_time from events", "as timestamp"),
    ("select with_timezone(event_time, 'UTC') from events", "at_timezone"),
    ("select timestamp '2026-01-01 00:00:00 Europe/Berlin'", "write it in UTC"),
    ("select interval '1-2' year to month", "one unit"),
    ("select regexp_replace('a', 'a', x -> 'b')", "lambda"),
    ("select array_sort(array[1], (x, y) -> 1)", "array_agg(x order by …)"),
    ("select reduce(array[1.5], 0, (s, x) -> s + x, s -> s)", "start with cast"),
    ("select count(distinct brand, source) from events", "row(a, b)"),
    ("select format('%x', -3)", "depends on its type"),
    ("select format('%h', 3)", "%h is not translated"),
    ("select format('%d', 1.5)", "does not take a value of type decimal"),
    ("select format('%s %s', 'a')", "has no value"),
    ("select x from events cross join unnest(tags) as t(x, y)", "name them all"),
    # other dialects
    ("select a::integer from (values 1) as t(a)", "cast(x as type)"),
    ("select brand from events where brand ilike 'O%'", "ILIKE"),
    ("select * from events natural join events b", "NATURAL JOIN"),
    ("select distinct on (brand) brand from events", "DISTINCT ON"),
    ("select sum(quantity) from events group by all", "GROUP BY ALL"),
    ("select * exclude (brand) from events", "list the columns"),
    ("select row_number() from events", "OVER"),
    ("select lower(brand) over () from events", "no FILTER or OVER"),
    ("select event_id from events where brand == 'oak'", "write `=`"),
    ("select event_id from events limit 1, 2", "OFFSET m LIMIT n"),
    ("select event_id from events limit 2 offset 1", "OFFSET m LIMIT n"),
    ("select * from events a join events b", "CROSS JOIN"),
    ("select * from events a left join (select 1 as x) b order by 1", "CROSS JOIN"),
    ("select a.brand from events a join events b on a.event_id = b.event_id join events c where true", "CROSS JOIN"),
    ("select date '2026-01-01' + interval 1 day", "interval '1' day"),
    ("select interval '1 day'", "no such interval"),
    ("select date '2026-01-01' + interval '1' week", "no such interval"),
    ("select event_id from events where (quantity > 1) is true", "no IS TRUE"),
    ("select cast(brand as string) from events", "write varchar"),
    ("select cast(tags as array(text)) from events", "write varchar"),
    ("select try_cast(price as float) from events", "write real"),
    ("select distinct brand from events order by price", "output columns only"),
    ("select sum(quantity) as quantity from events group by brand order by sum(quantity)", "inside an aggregate"),
    ("select case when quantity then 'a' end from events", "must be boolean"),
    ("select if(quantity, 'a', 'b') from events", "must be boolean"),
    ("select max(counts) from events", "max() takes"),
    ("select date_add('day', 1.5, date '2026-01-01')", "whole number"),
    ("select interval '1' month + interval '1' day", "one after the other"),
    ("select nth_value(brand, 0) over (order by event_id) from events", "at least 1"),
    ("select array[1] > array[2]", "compare their parts"),
    ("select cast(row(1) as json)", "rows to maps"),
    ("select foo(", "Expecting )"),
    ("select 1 +", "not valid Athena SQL"),
    ("select 'open", "not valid Athena SQL"),
    # errors at run time, as in Athena
    ("select 1 / 0", "Division by zero"),
    ("select 1 % 0", "Division by zero"),
    ("select 1.0 / 0.0", "Division by zero"),
    ("select sum(quantity) / 0 from events", "Division by zero"),
    ("select price / 0 from events", "Division by zero"),
    ("select cast('2.5' as integer)", "Cannot cast '2.5' to integer"),
    ("select cast(' 5' as decimal(5,2))", "Cannot cast ' 5' to decimal(5,2)"),
    ("select extract(hour from date '2020-01-02')", "a date has none"),
    ("select try_cast(1 as date)", "Athena cannot cast integer to date"),
    ("select try_cast(date '2020-01-02' as integer)", "Athena cannot cast date to integer"),
    ("select cast(interval '1' day as json)", "Athena cannot cast interval day to second to json"),
    ("select cast(array[array[1]] as array(varchar))", "Athena cannot cast array(array(integer)) to array(varchar)"),
    ("select cast(json_parse('[1]') as varchar)", "Cannot cast '[1]' to varchar"),
    ("select rank() over (order by x rows 1 preceding) from (values 1) as t(x)", "rank() takes no frame"),
    ("select lag(x) over () from (values 1) as t(x)", "lag() needs OVER (ORDER BY …)"),
    ("select max(x) filter (where x > 1) over () from (values 1) as t(x)", "Athena takes no FILTER in a window"),
    ("select truncate(1.5e0, 1)", "truncate(x, n) takes a decimal"),
    ("select interval '1' month > interval '1' day", "cannot compare an interval of days with one of months"),
    ("select * from (values (row(1, 2))) as t(a, b)", "Athena reads the fields of a row in VALUES as columns"),
    ("select array_remove(array[true], 1)", "mixes"),
    ("select array[interval '1' month]", "Intervals of months inside an array"),
    ("select approx_percentile(x, 0.5) from (values 1e0, nan()) as t(x)", "must be finite"),
    ("select url_decode('100%')", "Illegal hex characters"),
    ("select try(to_iso8601(from_iso8601_timestamp('2020-01-02')))", "put try() directly around"),
    ("select cast(x as timestamp with time zone) from (values '2020-01-02') as t(x)", "use from_iso8601_timestamp(x)"),
    ("select cast('2026-01-01T00:00:00' as timestamp)", "Cannot cast"),
    ("select array[1, 2][3]", "Array subscript 3 is out of bounds"),
    ("select element_at(array[1], 0)", "SQL array indices start at 1"),
    ("select map(array['a'], array[1])['b']", "Key not present in map: b"),
    ("select split_part('a', ',', 0)", "greater than zero"),
    ("select sequence(1, 10, -1)", "is never reached from 1 by -1"),
    ("select 2147483647 + 1", "Overflow"),
    ("select cast(12345 as varchar(3))", "cannot be represented as varchar(3)"),
    ("select cast(date '2026-01-05' as varchar(4))", "cannot be represented as varchar(4)"),
    ("select cast('2026-01-05 24:00:00' as timestamp)", "Cannot cast"),
    ("select cast('1_000' as double)", "Cannot cast"),
    ("select cast('12.5 ' as decimal(5,2))", "Cannot cast"),
    ("select regexp_extract('abc', 'b', 1)", "Pattern has 0 groups"),
    ("select regexp_like('a', '(')", "not a regular expression"),
    ("select split('abc', '')", "may not be the empty string"),
    ("select codepoint('ab')", "one character"),
    ("select date_parse('  2026-01-05', '%Y-%m-%d')", "Invalid format"),
    ("select sequence(1, 20000)", "more than 10000 entries"),
    ("select json_parse('{\"a\": 1} x')", "Cannot convert value to JSON"),
    ("select from_iso8601_timestamp('2026-01-01T02:00:00+02:00')", "has a UTC offset"),
    ("select parse_datetime('2026-01-01 02:00 +0200', 'yyyy-MM-dd HH:mm Z')", "has a UTC offset"),
    ("select cast(300 as tinyint)", "out of range"),
    ("select map_agg(brand, quantity) from events", "same key twice"),
    ("select brand, sum(quantity) from events", "GROUP BY"),
]


@pytest.mark.parametrize(("sql", "expected"), REFUSED)
def test_unsupported_sql_is_rejected_with_a_sentence(engine: AthenaEngine, sql: str, expected: str) -> None:
    with pytest.raises(LakeError) as error:
        engine.query(sql)

    message = str(error.value)
    assert expected in message
    assert "\n" not in message
    assert message.endswith((".", "?"))
    assert not any(word in message for word in ("sqlglot", "Traceback", "Binder", "Catalog Error", "lake processed"))


def test_the_engine_reads_only_the_folders_of_tables(engine: AthenaEngine, tmp_path: Path) -> None:
    """DuckDB is locked even for SQL that bypasses the translation."""
    outside = tmp_path / "secret.csv"
    outside.write_text("a\n1\n")
    connection = engine._connection

    for sql in (
        f"select * from read_csv('{outside}')",
        f"copy (select 1) to '{tmp_path / 'out.csv'}'",
        f"attach '{tmp_path / 'other.db'}'",
        "install httpfs",
        "set enable_external_access = true",
    ):
        with pytest.raises(duckdb.Error):
            connection.execute(sql)


def test_a_file_that_is_not_parquet_is_named_in_the_error(tmp_path: Path) -> None:
    folder = tmp_path / "events" / "source=s"
    folder.mkdir(parents=True)
    (folder / "part-0.parquet").write_bytes(b"not parquet at all")
    table = Table("events", tmp_path / "events", (("event_id", "string"), ("source", "string")), ("source",))

    with pytest.raises(LakeError, match=r"part-0\.parquet"):
        AthenaEngine({"processed.events": table}).query("select * from events")


def test_a_table_name_in_two_zones_needs_the_zone(tmp_path: Path) -> None:
    table = Table("t", tmp_path / "t", (("a", "int"), ("source", "string")), ("source",))
    engine = AthenaEngine({"processed.t": table, "curated.t": table})

    with pytest.raises(LakeError, match=r"write curated\.t or processed\.t"):
        engine.query("select * from t")
    assert engine.query("select count(*) from curated.t").rows == [(0,)]


def test_contracts_become_tables_of_their_zone(tmp_path: Path) -> None:
    contracts = pytest.importorskip("contracts").load_all()

    tables = tables_of({"processed": tmp_path / "p", "curated": tmp_path / "c"}, contracts)

    events = tables["processed.events"]
    assert events.path == tmp_path / "p" / "events"
    assert events.partition_columns == ("source", "period")
    assert ("price", "decimal(18,4)") in events.columns
    engine = AthenaEngine(tables)
    for key in tables:
        assert engine.query(f"select * from {key}").rows == []
