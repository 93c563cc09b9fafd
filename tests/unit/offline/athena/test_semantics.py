"""What Athena answers, written by hand from Trino's documented semantics, and what we answer."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal as D
from math import inf, isnan
from typing import Any

import duckdb
import pytest
from sqlglot import exp

from offline.athena import AthenaEngine, functions, kinds
from offline.athena.names import Catalog
from offline.athena.translate import translate

NUMBERS: list[tuple[str, Any]] = [
    # integers stay integers and are cut towards zero
    ("7 / 2", 3),
    ("-7 / 2", -3),
    ("7 % 4", 3),
    ("-7 % 4", -3),
    ("mod(-7, 4)", -3),
    ("2 * 3 + 4", 10),
    ("count(*) / 2", 0),
    ("7 / 2e0", 3.5),
    ("cast(7 as double) / 2", 3.5),
    ("1e0 / 0", inf),
    ("-1e0 / 0", -inf),
    # decimals keep the larger scale and round half up
    ("1.00 / 3", D("0.33")),
    ("2.00 / 3", D("0.67")),
    ("-2.00 / 3", D("-0.67")),
    ("1 / 3.0", D("0.3")),
    ("10.0 / 4", D("2.5")),
    ("5 / 2.0", D("2.5")),
    ("0.5", D("0.5")),
    ("1.5 + 1", D("2.5")),
    ("1.5 * 1.5", D("2.25")),
    ("1.5 * 2e0", 3.0),
    ("12.50 / 0.5", D("25.00")),
    ("cast('12.50' as decimal(4,2)) / 0.5", D("25.00")),
    ("7.5 % 2", D("1.5")),
    ("cast(1 as decimal(18,4)) / 3", D("0.3333")),
    ("cast(2 as decimal(18,4)) / cast(3 as bigint)", D("0.6667")),
    # rounding
    ("round(2.5)", D("3")),
    ("round(-2.5)", D("-3")),
    ("round(2.5e0)", 3.0),
    ("round(2.55, 1)", D("2.60")),
    ("round(1234, -2)", 1200),
    ("floor(2.7)", D("2")),
    ("ceil(-2.7)", D("-2")),
    ("truncate(-2.7e0)", -2.0),
    ("abs(-3)", 3),
    ("sign(-2.5)", D("-1")),
    ("power(2, 10)", 1024.0),
    ("sqrt(16)", 4.0),
    ("log(2, 8)", 3.0),
    ("greatest(1, 2, 3)", 3),
    ("greatest(1, null)", None),
    ("least(1.5, 2)", D("1.5")),
    ("coalesce(null, 1.5, 2)", D("1.5")),
    ("nullif(1, 1)", None),
    ("if(1 > 2, 'a', 'b')", "b"),
    ("if(1 > 2, 'a')", None),
    ("width_bucket(5, 0, 10, 5)", 3),
    ("bitwise_and(6, 3)", 2),
    ("is_nan(nan())", True),
    # casts
    ("cast(2.5 as integer)", 3),
    ("cast(2.5e0 as bigint)", 3),
    ("cast(-2.5e0 as bigint)", -3),
    ("cast(0.285e0 as decimal(10,2))", D("0.29")),
    ("cast(1.005 as decimal(10,2))", D("1.01")),
    ("try_cast('2.5' as integer)", None),
    ("try_cast('abc' as double)", None),
    ("cast('12' as bigint)", 12),
    ("cast('12.345' as decimal(10,2))", D("12.35")),
    ("cast('abc' as varchar(2))", "ab"),
    ("cast(1.50 as varchar)", "1.50"),
    ("cast(true as varchar)", "true"),
    ("cast(timestamp '2025-03-01 10:00:00' as varchar)", "2025-03-01 10:00:00"),
    ("cast(timestamp '2025-03-01 10:00:00.120' as varchar)", "2025-03-01 10:00:00.120"),
    ("cast(date '2025-03-01' as varchar)", "2025-03-01"),
    ("try(1 / 0)", None),
    ("try(cast('x' as integer))", None),
    ("try_cast('2025-03-01T10:00:00' as timestamp)", None),
    ("format('%.2f', 1.005)", "1.01"),
    ("format('%.2f', 2.5e0)", "2.50"),
    ("format('%s has %d', 'a', 3)", "a has 3"),
    ("format('%,.2f', 1234.5)", "1,234.50"),
    ("format('%d%%', 5)", "5%"),
    ("typeof(1 / 2.0)", "decimal(12,1)"),
    ("typeof(sum(1))", "bigint"),
]

TEXT: list[tuple[str, Any]] = [
    ("'a' || 'b'", "ab"),
    ("'a' || null", None),
    ("concat('a', 'b', 'c')", "abc"),
    ("concat('a', null)", None),
    ("concat_ws('-', 'a', null, 'b')", "a-b"),
    ("substr('abc', 0)", ""),
    ("substr('abc', 2)", "bc"),
    ("substr('abc', -2)", "bc"),
    ("substr('abc', -5)", ""),
    ("substring('abcdef' from 2 for 3)", "bcd"),
    ("split('a,b,,c', ',')", ["a", "b", "", "c"]),
    ("split('a,b,c', ',', 2)", ["a", "b,c"]),
    ("split_part('a,b', ',', 2)", "b"),
    ("split_part('a,b', ',', 3)", None),
    ("strpos('banana', 'n')", 3),
    ("position('x' in 'abc')", 0),
    ("length('äß')", 2),
    ("trim('  a ')", "a"),
    ("trim(leading 'x' from 'xxa')", "a"),
    ("replace('banana', 'an')", "ba"),
    ("reverse('abc')", "cba"),
    ("lpad('7', 3, '0')", "007"),
    ("starts_with('abc', 'ab')", True),
    ("regexp_like('1a 2b', '\\d+b')", True),
    ("regexp_extract('1a 2b 14m', '(\\d+)([a-z]+)', 2)", "a"),
    ("regexp_extract('abc', '\\d')", None),
    ("regexp_extract_all('1a 2b', '\\d+')", ["1", "2"]),
    ("regexp_replace('1a 2b 14m', '(\\d+)([ab]) ', '3c$2 ')", "3ca 3cb 14m"),
    ("regexp_replace('a1b2', '\\d')", "ab"),
    ("regexp_split('a1b22c', '\\d+')", ["a", "b", "c"]),
    ("'a_b' like 'a\\_b' escape '\\'", True),
    ("'it''s'", "it's"),
    ("to_hex(md5(to_utf8('a')))", "0CC175B9C0F1B6A831C399E269772661"),
    ("levenshtein_distance('kitten', 'sitting')", 3),
    ("url_extract_host('https://user@shop.example:8443/a/b?x=1&y=a%20b#top')", "shop.example"),
    ("url_extract_port('https://shop.example:8443/')", 8443),
    ("url_extract_path('https://shop.example/a/b?x=1')", "/a/b"),
    ("url_extract_query('https://shop.example/a?x=1#t')", "x=1"),
    ("url_extract_parameter('https://shop.example/?x=1&utm=a%20b', 'utm')", "a b"),
    ("url_extract_parameter('https://shop.example/?x=1', 'y')", None),
    ("url_extract_protocol('https://shop.example')", "https"),
    ("url_extract_fragment('https://shop.example/#top')", "top"),
    ("url_encode('a b&c')", "a+b%26c"),
    ("url_decode('a+b%26c')", "a b&c"),
    ("""json_extract_scalar('{"a": {"b": [1, 2]}}', '$.a.b[1]')""", "2"),
    ("""json_extract_scalar('{"a": {"b": 1}}', '$.a')""", None),
    ("""json_size('{"a": [1, 2, 3]}', '$.a')""", 3),
    ("""json_size('{"a": {"b": 1}}', '$.a')""", 1),
    ("json_array_length('[1, 2]')", 2),
]

DATES: list[tuple[str, Any]] = [
    # complete units, not boundaries crossed
    ("date_diff('hour', timestamp '2026-01-01 10:59:00', timestamp '2026-01-01 11:01:00')", 0),
    ("date_diff('day', timestamp '2026-01-01 23:00:00', timestamp '2026-01-02 01:00:00')", 0),
    ("date_diff('day', date '2026-01-01', date '2026-01-03')", 2),
    ("date_diff('day', date '2026-01-03', date '2026-01-01')", -2),
    ("date_diff('month', date '2026-01-31', date '2026-02-01')", 0),
    ("date_diff('month', date '2026-01-31', date '2026-02-28')", 1),
    ("date_diff('year', date '2025-06-01', date '2026-05-31')", 0),
    ("date_diff('week', date '2026-01-01', date '2026-01-14')", 1),
    ("date_diff('day', date '2026-01-01', timestamp '2026-01-02 12:00:00')", 1),
    ("date_trunc('month', date '2026-01-15')", date(2026, 1, 1)),
    ("date_trunc('week', date '2026-01-01')", date(2025, 12, 29)),
    ("date_trunc('hour', timestamp '2026-01-01 10:59:00')", datetime(2026, 1, 1, 10)),
    ("date_add('month', 1, date '2026-01-31')", date(2026, 2, 28)),
    ("date_add('quarter', -1, date '2026-01-31')", date(2025, 10, 31)),
    ("date_add('hour', 25, timestamp '2026-01-01 00:00:00')", datetime(2026, 1, 2, 1)),
    ("date '2026-01-31' + interval '1' month", date(2026, 2, 28)),
    ("date '2026-01-31' - interval '1' day", date(2026, 1, 30)),
    ("timestamp '2026-01-01 00:00:00' - interval '90' minute", datetime(2025, 12, 31, 22, 30)),
    ("year(date '2026-03-04')", 2026),
    ("quarter(date '2026-03-04')", 1),
    ("day_of_week(date '2026-01-04')", 7),
    ("dow(date '2026-01-05')", 1),
    ("week(date '2026-01-01')", 1),
    ("week(date '2027-01-01')", 53),
    ("year_of_week(date '2027-01-01')", 2026),
    ("day_of_year(date '2026-02-01')", 32),
    ("extract(day from date '2026-02-03')", 3),
    ("extract(dow from date '2026-01-04')", 7),
    ("millisecond(timestamp '2026-01-01 00:00:05.125')", 125),
    ("last_day_of_month(date '2024-02-10')", date(2024, 2, 29)),
    ("date('2026-01-02')", date(2026, 1, 2)),
    ("date(timestamp '2026-01-02 23:59:59')", date(2026, 1, 2)),
    ("date_format(timestamp '2026-01-05 09:07:03.250', '%Y-%m-%d %H:%i:%s.%f')", "2026-01-05 09:07:03.250000"),
    ("date_format(timestamp '2026-01-05 15:07:03', '%W %e %M %l:%i %p')", "Monday 5 January 3:07 PM"),
    ("date_format(date '2027-01-01', '%x-%v')", "2026-53"),
    ("date_format(date '2026-01-05', '%c/%e/%y')", "1/5/26"),
    ("date_format(timestamp '2026-01-05 15:07:03', '%T|%k|%r|100%%')", "15:07:03|15|03:07:03 PM|100%"),
    ("date_parse('05/01/2026 09:07', '%d/%m/%Y %H:%i')", datetime(2026, 1, 5, 9, 7)),
    ("date_parse('2026-01', '%Y-%m')", datetime(2026, 1, 1)),
    ("format_datetime(timestamp '2026-01-05 15:07:03.250', 'yyyy-MM-dd''T''HH:mm:ss.SSS')", "2026-01-05T15:07:03.250"),
    ("format_datetime(timestamp '2026-01-05 15:07:03', 'EEE, d MMM yy h:mm a')", "Mon, 5 Jan 26 3:07 PM"),
    ("format_datetime(timestamp '2027-01-01 00:00:00', 'xxxx-ww e')", "2026-53 5"),
    ("format_datetime(timestamp '2026-01-05 15:07:03', 'HH:mm Z')", "15:07 +0000"),
    ("parse_datetime('2026-01-05 15:07', 'yyyy-MM-dd HH:mm')", datetime(2026, 1, 5, 15, 7, tzinfo=UTC)),
    ("from_unixtime(1767225600)", datetime(2026, 1, 1, tzinfo=UTC)),
    ("to_unixtime(timestamp '2026-01-01 00:00:00.500')", 1767225600.5),
    ("from_iso8601_timestamp('2026-01-01T02:00:00+02:00')", datetime(2026, 1, 1, tzinfo=UTC)),
    ("from_iso8601_timestamp('2026-01-01')", datetime(2026, 1, 1, tzinfo=UTC)),
    ("from_iso8601_date('2026-01-01')", date(2026, 1, 1)),
    ("to_iso8601(timestamp '2026-01-01 02:00:00.000')", "2026-01-01T02:00:00.000"),
    # a timestamp without zone is UTC; AT TIME ZONE gives the wall clock of the zone
    ("cast(timestamp '2026-01-01 23:30:00' at time zone 'Europe/Berlin' as timestamp)", datetime(2026, 1, 2, 0, 30)),
    ("date(at_timezone(timestamp '2026-07-01 23:30:00', 'America/New_York'))", date(2026, 7, 1)),
    ("hour(at_timezone(timestamp '2026-07-01 23:30:00', 'America/New_York'))", 19),
    ("format_datetime(at_timezone(timestamp '2026-07-01 12:00:00', 'Asia/Tokyo'), 'HH:mm')", "21:00"),
    ("timestamp '2026-01-01 10:00:00' = date '2026-01-01'", False),
    ("typeof(date '2026-01-01' + interval '1' day)", "date"),
    ("current_date = date(now())", True),
]

NESTED: list[tuple[str, Any]] = [
    ("array[1, 2, 3][1]", 1),
    ("element_at(array[1, 2, 3], -1)", 3),
    ("element_at(array[1, 2], 5)", None),
    ("element_at(map(array['a'], array[1]), 'b')", None),
    ("map(array['a', 'b'], array[1, 2])['b']", 2),
    ("cardinality(array[1, null])", 2),
    ("cardinality(map(array['a'], array[1]))", 1),
    ("contains(array[1, 2], 2)", True),
    ("contains(array[1, null], 2)", None),
    ("array_position(array[5, 6], 7)", 0),
    ("array_distinct(array[2, 1, 2, null, null])", [2, 1, None]),
    ("array_sort(array[3, null, 1])", [1, 3, None]),
    ("array_max(array[1, null])", None),
    ("array_min(array[3, 2])", 2),
    ("array_join(array['a', null, 'b'], '-')", "a-b"),
    ("array_join(array['a', null, 'b'], '-', '?')", "a-?-b"),
    ("array_join(array[1, 2], ',')", "1,2"),
    ("array_intersect(array[1, 2, 2], array[2, 3])", [2]),
    ("array_except(array[1, 2, 2], array[1])", [2]),
    ("array_union(array[1, 2], array[2, 3])", [1, 2, 3]),
    ("arrays_overlap(array[1, 2], array[2])", True),
    ("slice(array[1, 2, 3, 4], 2, 2)", [2, 3]),
    ("slice(array[1, 2, 3, 4], -2, 2)", [3, 4]),
    ("flatten(array[array[1], array[2, 3]])", [1, 2, 3]),
    ("sequence(1, 5, 2)", [1, 3, 5]),
    ("sequence(3, 1)", [3, 2, 1]),
    ("sequence(date '2026-01-01', date '2026-03-01', interval '1' month)",
     [date(2026, 1, 1), date(2026, 2, 1), date(2026, 3, 1)]),
    ("sequence(date '2026-01-01', date '2026-01-02')", [date(2026, 1, 1), date(2026, 1, 2)]),
    ("repeat('x', 2)", ["x", "x"]),
    ("array[1, 2] || 3", [1, 2, 3]),
    ("array[1] || array[2]", [1, 2]),
    ("transform(array[7, 8], x -> x / 2)", [3, 4]),
    ("transform(array[1.0, 2.0], x -> x / 3)", [D("0.3"), D("0.7")]),
    ("filter(array[1, null, 3], x -> x > 1)", [3]),
    ("reduce(array[1, 2, 3], 10, (s, x) -> s + x, s -> s * 2)", 32),
    ("reduce(cast(array[] as array(integer)), 5, (s, x) -> s + x, s -> s)", 5),
    ("any_match(array[1, 2], x -> x > 1)", True),
    ("any_match(cast(array[] as array(integer)), x -> x > 1)", False),
    ("any_match(array[1, null], x -> x > 1)", None),
    ("all_match(array[1, null], x -> x > 1)", False),
    ("all_match(array[2, null], x -> x > 1)", None),
    ("none_match(array[1], x -> x > 1)", True),
    ("zip_with(array[1, 2], array[10, 20], (x, y) -> x + y)", [11, 22]),
    ("map_keys(map(array['a', 'b'], array[1, 2]))", ["a", "b"]),
    ("map_values(map(array['a', 'b'], array[1, 2]))", [1, 2]),
    ("map_filter(map(array['a', 'b'], array[1, 2]), (k, v) -> v > 1)", {"b": 2}),
    ("transform_values(map(array['a', 'b'], array[1, 2]), (k, v) -> v * 10)", {"a": 10, "b": 20}),
    ("transform_keys(map(array['a'], array[1]), (k, v) -> k || 'x')", {"ax": 1}),
    ("map_concat(map(array['a'], array[1]), map(array['a'], array[2]))", {"a": 2}),
    ("cast(row(1, 'x') as row(n integer, t varchar)).t", "x"),
    ("zip(array[1, 2], array['a', 'b'])", [(1, "a"), (2, "b")]),
    ("map_entries(map(array['a'], array[1]))", [("a", 1)]),
    ("1 in (2, null)", None),
    ("null is distinct from 1", True),
    ("case 2 when 1 then 'a' when 2 then 'b' end", "b"),
    ("x'6869' = to_utf8('hi')", True),
]


@pytest.mark.parametrize(("sql", "expected"), NUMBERS + TEXT + DATES + NESTED)
def test_an_expression_gives_what_athena_gives(engine: AthenaEngine, sql: str, expected: Any) -> None:
    value = engine.query(f"select {sql}").rows[0][0]

    assert (str(value), type(value)) == (str(expected), type(expected))


def test_zero_by_zero_of_doubles_is_not_a_number(engine: AthenaEngine) -> None:
    assert isnan(engine.query("select 0e0 / 0").rows[0][0])


@pytest.fixture(scope="module")
def bare() -> Iterator[duckdb.DuckDBPyConnection]:
    connection = duckdb.connect()
    functions.install(connection)
    yield connection
    connection.close()


ROWLESS = [sql for sql, value in NUMBERS + TEXT + DATES + NESTED if not (isinstance(value, list) and isinstance(value[0], tuple))]


@pytest.mark.parametrize("sql", ROWLESS)
def test_the_type_that_is_told_is_the_type_that_duckdb_holds(bare: duckdb.DuckDBPyConnection, sql: str) -> None:
    """Types steer division and casts, so a wrong inference would be a wrong number elsewhere."""
    translation = translate(f"select {sql} as value", Catalog({}))

    held = str(bare.sql(translation.sql).types[0])

    told = kinds.duckdb_text(kinds.build(translation.columns[0][1]))
    assert exp.DataType.build(held, dialect="duckdb").sql("duckdb") == told
