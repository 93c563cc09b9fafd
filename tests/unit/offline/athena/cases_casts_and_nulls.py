"""Casts, text that is read as a moment or as JSON, null arguments and empty groups, with what Trino 476 answers."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

CASTS: list[tuple[str, Any]] = [
    # blanks around a whole number, not around a decimal
    ("cast(' 7 ' as integer)", 7),
    ("try_cast(' 7' as decimal(5,2))", None),
    ("cast(' 2020-01-02 ' as timestamp)", datetime(2020, 1, 2)),
    # the wall clock stays, the zone goes
    ("cast('2019-10-01 03:04:05 UTC' as timestamp)", datetime(2019, 10, 1, 3, 4, 5)),
    ("cast('2019-10-01 03:04:05+02:00' as timestamp)", datetime(2019, 10, 1, 3, 4, 5)),
    ("cast('2019-10-01 03:04:05.678 Europe/Berlin' as timestamp)", datetime(2019, 10, 1, 3, 4, 5, 678000)),
    ("try_cast('2020-01-02Z' as timestamp)", None),
    ("timestamp '2020-01-02 UTC' = timestamp '2020-01-02 00:00:00 UTC'", True),
    # ISO 8601 in all its forms
    ("cast(from_iso8601_timestamp('2020-1-2T3:4') as timestamp)", datetime(2020, 1, 2, 3, 4)),
    ("cast(from_iso8601_timestamp('2020-01-02t03:04:05z') as timestamp)", datetime(2020, 1, 2, 3, 4, 5)),
    ("cast(from_iso8601_timestamp('2020-01-02T03.5') as timestamp)", datetime(2020, 1, 2, 3, 30)),
    ("cast(from_iso8601_timestamp('2020-W01-1') as timestamp)", datetime(2019, 12, 30)),
    ("cast(from_iso8601_timestamp('T03:04') as timestamp)", datetime(1970, 1, 1, 3, 4)),
    ("from_iso8601_date('2020-1-2')", date(2020, 1, 2)),
    # TRY hides an error of Athena's, not a UTC offset
    ("cast(try(from_iso8601_timestamp('2020-01-02T03:04:05+02:00')) as timestamp)", datetime(2020, 1, 2, 3, 4, 5)),
    ("date(try(from_iso8601_timestamp('2020-01-02T23:00:00-05:00')))", date(2020, 1, 2)),
    ("to_unixtime(try(from_iso8601_timestamp('1970-01-01T02:00:00+02:00')))", 0.0),
    ("try(from_iso8601_timestamp('soon')) is null", True),
    ("cast(try(parse_datetime('2020-01-02T03:04:05Z', 'yyyy-MM-dd''T''HH:mm:ssZ')) as timestamp)", datetime(2020, 1, 2, 3, 4, 5)),
    ("try(parse_datetime(' 2020-01-02 ', 'yyyy-MM-dd')) is null", True),
    ("try(date_parse('bad', '%d/%m/%y')) is null", True),
    # the year of text without one
    ("date_parse('02-29', '%m-%d')", datetime(2000, 2, 29)),
    ("date_parse('03:04', '%H:%i')", datetime(1970, 1, 1, 3, 4)),
    ("cast(parse_datetime('Mar 5', 'MMM d') as timestamp)", datetime(2000, 3, 5)),
    # moments finer than milliseconds
    ("to_iso8601(timestamp '2020-01-01 00:00:00.123456')", "2020-01-01T00:00:00.123456"),
    ("to_iso8601(timestamp '1969-12-31 23:59:59.5')", "1969-12-31T23:59:59.5"),
    ("date_diff('millisecond', timestamp '2020-01-01 00:00:00.123456', timestamp '2020-01-01 00:00:01')", 877),
    ("date_format(timestamp '2020-01-01 00:00:00.123456', '%f')", "123000"),
    # intervals of months are not days
    ("interval '1' month + interval '1' year", "1-1"),
    ("interval '-5' month", "-0-5"),
    ("typeof(interval '1' day)", "interval day to second"),
    # numbers in JSON are doubles unless they are whole; a scalar keeps its digits
    ("json_format(json_parse('[1.0, 12.50, 1e3, -0]'))", "[1.0,12.5,1000.0,0]"),
    ("json_format(json_extract('{\"a\": 12.50}', '$.a'))", "12.5"),
    ("json_extract_scalar('{\"a\": 12.50}', '$.a')", "12.50"),
    ("cast(json_parse('12.50') as varchar)", "1.25E1"),
    ("cast(json_parse('5') as boolean)", True),
    ("cast(json_parse('true') as integer)", 1),
    ("try(cast(json_parse('\"1e2\"') as integer))", None),
    ("cast(json_parse('[1.0, 2, null, \"x\"]') as array(varchar))", ["1.0E0", "2", None, "x"]),
    ("cast(json_parse('{\"a\": 1.50}') as map(varchar, varchar))", {"a": "1.5E0"}),
    ("try(cast(json_parse('{\"a\": 1}') as varchar))", None),
    ("json_extract_scalar('{\"a\": 1, \"a\": 2}', '$.a')", "1"),
    ('json_format(json_parse(\'{"a": 1, "a": 2}\'))', '{"a":2}'),
    ("json_size('{\"a\": 1, \"a\": 2}', '$')", 2),
    ("json_format(cast(array[1.5, 2.25, null] as json))", "[1.50,2.25,null]"),
    # null in, null out
    ("split(cast(null as varchar), ',')", None),
    ("zip_with(cast(null as array(integer)), array[1], (x, y) -> x)", None),
    ("map(array[1, 2], array['x', null]) = map(array[1, 2], array['x', null])", None),
    ("map(array['a'], array[null]) = map(array['b'], array[1])", False),
    ("map(array['a', 'b'], array[1, 2]) <> map(array['b', 'a'], array[2, 1])", False),
    # types and places
    ("typeof(truncate(-7))", "decimal(10,0)"),
    ("typeof(array_remove(array[1.5, 2.25], 1))", "array(decimal(12,2))"),
    ("array[cast(0.1 as real)]", [0.1]),
    ("regexp_position('', 'x*')", -1),
    ("url_extract_path('mailto:a@b.c')", ""),
    ("format('%5s|', chr(128512))", "   \U0001f600|"),
    ("try(url_decode('100%'))", None),
]

T = "(values (1, 'a', 1.5), (3, cast(null as varchar), 2.25), (4, 'c', -1.0)) as t(i, s, d)"
GROUPS: list[tuple[str, list[Any]]] = [
    (f"select count_if(i > 1) from {T} where i > 9", [0]),
    (f"select max_by(s, i, 2) from {T}", [["c", None]]),
    (f"select min_by(s, d, 3) from {T}", [["c", "a", None]]),
    (f"select approx_percentile(i, array[0.25, 0.75]) from {T} where i > 9", [None]),
    (f"select typeof(corr(i, d)), typeof(covar_pop(i, cast(d as double))) from {T}", [("real", "double")]),
    (f"select geometric_mean(i), typeof(geometric_mean(d)) from {T} where i < 2", [(1.0, "real")]),
    (f"select typeof(grouping(s)) from {T} group by s limit 1", ["integer"]),
    (f"select sum(d) from {T} group by grouping sets (()) having count_if(i > 9) = 0", [Decimal("2.75")]),
    ("select zip(array[1], cast(null as array(integer)))", [None]),
    ("select map_entries(cast(null as map(varchar, integer)))", [None]),
]
