"""DuckDB macros for Athena functions that DuckDB lacks or defines differently.

Errors are raised by a failing cast instead of error(), so that TRY() and TRY_CAST() can catch them.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import cache

import duckdb

_NAME = re.compile(r"\blake_\w+", re.IGNORECASE)

_MACROS = r"""
lake_fail(message): cast('Athena<' || message || '>' as bigint)
lake_whole(x): cast(x as hugeint)
lake_digits(x, ten): cast(x * ten as hugeint)
lake_digits_of(x): cast(x as varchar)
lake_round_div(n, d): case when n is null or d is null then null else
  ((2 * abs(n) + abs(d)) // (2 * abs(d))) * cast(sign(n) * sign(d) as hugeint) end
lake_fits(x, n): case when length(x) <= n then x when x is null then null
  else cast(lake_fail('Value ' || x || ' cannot be represented as varchar(' || n || ')') as varchar) end
lake_not_padded(x): case when x = trim(x) or x is null then x
  else cast(lake_fail('Invalid format: ''' || x || '''') as varchar) end
lake_pivot(t): t + to_years(100 * cast(year(t) = 1969 as integer))
lake_offline(message): cast('Offline<' || message || '>' as timestamp)
lake_same_moment(i, wall): case when i = wall or i is null then i else lake_offline('a value at ' || wall || ' has a UTC offset, '
  || 'which cannot be stored offline; convert it in the same expression, such as cast(parse_datetime(x, p) as timestamp)') end
lake_sorted_map(m): map_from_entries(list_sort(map_entries(m)))
lake_months(i): case when i < to_months(0) then '-' else '' end
  || cast(abs(date_part('year', i)) as varchar) || '-' || cast(abs(date_part('month', i)) as varchar)
lake_round_second(t): date_trunc('second', cast(t as timestamp) + to_microseconds(500000))
lake_round_millisecond(t): cast(cast(cast(t as timestamp) as timestamp_ms) as timestamp)
lake_not_nan(x): case when not isnan(x) then x end
lake_share(sorted, p): list_extract(sorted, cast(least(floor(cast(p as double) * len(sorted)), len(sorted) - 1) as bigint) + 1)
lake_shares(sorted, shares): case when sorted is not null then list_transform(shares, lambda p: lake_share(sorted, p)) end
lake_finite(x): case when isfinite(x) or x is null then x else cast(lake_fail('value must be finite; was ' || x) as double) end
lake_firsts(rows): list_transform(rows, lambda r: struct_extract_at(r, 1))
lake_millis(x): round(x * 1000) / 1000
lake_shaped(x, shape, target): case when x is null or regexp_full_match(x, shape) then x
  else 'Athena<Cannot cast ''' || x || ''' to ' || target || '>' end
lake_sqrt(x): case when cast(x as double) < 0 then 'nan'::double else sqrt(cast(x as double)) end
lake_ln(x): case when cast(x as double) < 0 then 'nan'::double when x = 0 then '-inf'::double else ln(cast(x as double)) end
lake_log2(x): lake_ln(x) / ln(2)
lake_log10(x): case when cast(x as double) > 0 then log10(cast(x as double)) else lake_ln(x) end
lake_log(b, x): lake_ln(x) / lake_ln(b)
lake_asin(x): case when abs(cast(x as double)) > 1 then 'nan'::double else asin(cast(x as double)) end
lake_acos(x): case when abs(cast(x as double)) > 1 then 'nan'::double else acos(cast(x as double)) end
lake_width_bucket(x, low, high, n): case when low > high then
  case when x > low then 0 when x <= high then n + 1
    else cast(floor((low - cast(x as double)) / (low - cast(high as double)) * n) as bigint) + 1 end
  when x < low then 0 when x >= high then n + 1
  else cast(floor((cast(x as double) - low) / (cast(high as double) - low) * n) as bigint) + 1 end
lake_bitwise_and(a, b): cast(a as bigint) & cast(b as bigint)
lake_width_bucket_of(x, bounds): cast(len(list_filter(bounds, lambda b: b <= x)) as bigint)
lake_bitwise_not(a): -cast(a as bigint) - 1
lake_bitwise_or(a, b): cast(a as bigint) | cast(b as bigint)
lake_bitwise_xor(a, b): xor(cast(a as bigint), cast(b as bigint))
lake_trim(x, chars := E' \t\n\r\f\v'): trim(x, chars)
lake_ltrim(x, chars := E' \t\n\r\f\v'): ltrim(x, chars)
lake_rtrim(x, chars := E' \t\n\r\f\v'): rtrim(x, chars)
lake_substr(x, start, n := 2147483647): case when start = 0 or n <= 0 or -start > length(x) then
  (case when x is null or start is null or n is null then null else '' end) else substr(x, start, n) end
lake_split(x, d, n := 2147483647): case when x is null or d is null or n is null then null
  when d = '' then [cast(lake_fail('the delimiter may not be the empty string') as varchar)]
  when len(string_split(x, d)) <= n then string_split(x, d) else
  list_concat(list_slice(string_split(x, d), 1, n - 1), [array_to_string(list_slice(string_split(x, d), n, -1), d)]) end
lake_split_part(x, d, n): case when n < 1 then cast(lake_fail('the index of split_part must be greater than zero') as varchar)
  else list_extract(string_split(x, d), n) end
lake_regexp_extract(x, p): case when regexp_matches(x, p) then regexp_extract(x, p) end
lake_codepoint(x): case when length(x) = 1 then unicode(x) when x is null then null
  else cast(lake_fail('codepoint takes one character, but got ''' || x || '''') as integer) end
lake_entry(e, b): case when contains(e, b) then row(split_part(e, b, 1), substr(e, strpos(e, b) + length(b)))
  else row(cast(lake_fail('Key-value delimiter must appear exactly once in each entry. Bad input: ' || e) as varchar), '') end
lake_split_to_map(x, a, b): map_from_entries(list_sort(list_transform(string_split(x, a), lambda e: lake_entry(e, b))))
lake_outside(a, i): lake_fail('Array subscript ' || i || ' is out of bounds for ' || len(a) || ' element(s)')
lake_subscript(a, i): case when i between 1 and len(a) then list_extract(a, i)
  when a is null or i is null then null else list_extract(a, lake_outside(a, i)) end
lake_element_at(a, i): case when i = 0 then list_extract(a, lake_fail('SQL array indices start at 1')) else list_extract(a, i) end
lake_map_get(m, k): map_extract_value(m, k)
lake_map_subscript(m, k): case when m is null or k is null or map_contains(m, k) then map_extract_value(m, k)
  else list_extract(map_values(m), lake_fail('Key not present in map: ' || k)) end
lake_contains(a, x): case when list_contains(a, x) then true when x is null or list_position(a, null) is not null then null
  else list_contains(a, x) end
lake_array_position(a, x): case when a is null or x is null then null else cast(coalesce(list_position(a, x), 0) as bigint) end
lake_array_distinct(a): list_filter(a, lambda e, i: list_position(a, e) = i)
lake_array_max_double(a): case when list_position(a, null) is null
  then coalesce(list_max(list_filter(a, lambda e: not isnan(e))), list_max(a)) end
lake_array_max(a): case when list_position(a, null) is null then list_max(a) end
lake_array_min(a): case when list_position(a, null) is null then list_min(a) end
lake_array_remove(a, x): case when x is null then null else list_filter(a, lambda e: e is null or e <> x) end
lake_array_except(a, b): case when b is null then null else
  list_filter(lake_array_distinct(a), lambda e: list_position(b, e) is null) end
lake_array_intersect(a, b): case when b is null then null else
  list_filter(lake_array_distinct(a), lambda e: list_position(b, e) is not null) end
lake_array_union(a, b): case when a is null or b is null then null else lake_array_distinct(list_concat(a, b)) end
lake_arrays_overlap(a, b): case when a is null or b is null then null
  when len(list_filter(a, lambda e: e is not null and list_contains(b, e))) > 0 then true
  when (list_position(a, null) is not null and len(b) > 0) or (list_position(b, null) is not null and len(a) > 0) then null
  else false end
lake_slice(a, start, n): case when start = 0 then list_slice(a, 1, lake_fail('SQL array indices start at 1'))
  when n < 0 then list_slice(a, 1, lake_fail('length must be greater than or equal to 0'))
  when abs(start) > len(a) or n = 0 then list_slice(a, 1, 0)
  when start > 0 then list_slice(a, start, start + n - 1)
  else list_slice(a, len(a) + start + 1, least(len(a) + start + n, len(a))) end
lake_repeat(x, n): list_transform(generate_series(1, n), lambda i: x)
lake_trim_array(a, n): case when n > len(a) or n < 0 then list_slice(a, 1, lake_fail('size must not exceed array cardinality'))
  else list_slice(a, 1, len(a) - n) end
lake_array_join(a, d, filler := null): case when d is null then null when a is null then null else
  coalesce(array_to_string(case when filler is null then a else list_transform(a, lambda e: coalesce(e, filler)) end, d), '') end
lake_sequence(a, b, step := null): case when abs(b - a) // coalesce(nullif(abs(step), 0), 1) >= 10000
  then generate_series(a, lake_fail('result of sequence function must not have more than 10000 entries'))
  when step is null then generate_series(a, b, case when a <= b then 1 else -1 end)
  when step = 0 or (step > 0 and a > b) or (step < 0 and a < b)
  then generate_series(a, lake_fail('sequence stop value ' || b || ' is never reached from ' || a || ' by ' || step))
  else generate_series(a, b, step) end
lake_sequence_days(a, b): case when a <= b then generate_series(cast(a as timestamp), cast(b as timestamp), to_days(1))
  else generate_series(cast(a as timestamp), cast(b as timestamp), to_days(-1)) end
lake_sequence_step(a, b, step): generate_series(cast(a as timestamp), cast(b as timestamp), step)
lake_sequence_months(a, b, n): list_filter(list_transform(generate_series(0, abs(date_diff('month', a, b)), abs(n)),
  lambda i: cast(a as timestamp) + to_months(cast(i * sign(n) as integer))),
  lambda d: case when n > 0 then d <= b else d >= b end)
lake_nan_false(a, b, answer): case when isnan(a) or isnan(b) then
  (case when a is null or b is null then null else false end) else answer end
lake_nan_equal(a, b): lake_nan_false(a, b, a = b)
lake_nan_above(a, b): lake_nan_false(a, b, a > b)
lake_nan_from(a, b): lake_nan_false(a, b, a >= b)
lake_list_pairs(a, b): list_transform(list_zip(a, b), lambda p: p[1] = p[2])
lake_list_equal(a, b): case when a is null or b is null then null when len(a) <> len(b) then false
  when list_contains(lake_list_pairs(a, b), false) then false
  when list_position(lake_list_pairs(a, b), null) is not null then null else true end
lake_any_true(a, results): case when a is null then null when list_contains(results, true) then true
  when list_position(results, null) is not null then null else false end
lake_all_true(a, results): case when a is null then null when list_contains(results, false) then false
  when list_position(results, null) is not null then null else true end
lake_none_true(a, results): not lake_any_true(a, results)
lake_map_entries(m): case when m is not null then list_zip(map_keys(m), map_values(m)) end
lake_map_equal(a, b): case when a is null or b is null then null
  when list_sort(map_keys(a)) <> list_sort(map_keys(b)) then false
  else lake_list_equal(map_values(a), list_transform(map_keys(a), lambda k: map_extract_value(b, k))) end
lake_json_numbers(a): case when a is not null then
  '[' || array_to_string(list_transform(a, lambda e: coalesce(cast(e as varchar), 'null')), ',') || ']' end
lake_keys(entries): list_sort(list_distinct(list_transform(entries, lambda e: e[1])))
lake_multimap(entries): map(lake_keys(entries), list_transform(lake_keys(entries), lambda k:
  list_transform(list_filter(entries, lambda e: e[1] = k), lambda e: e[2])))
lake_url(x): case when regexp_full_match(x, '[^#]*(#[^#]*)?')
  and regexp_full_match(x, '([A-Za-z0-9_.~!*''();:@&=+$,/?#\[\]-]|[^\x00-\x{9f}\pZ]|%[0-9A-Fa-f]{2})*')
  and regexp_full_match(x, '([A-Za-z][A-Za-z0-9+.-]*:[^#].*|[^:/?#]*|[^:/?#]*[/?#].*)') then x end
lake_url_protocol(x): regexp_extract(lake_url(x), '^([A-Za-z][A-Za-z0-9+.-]*):', 1)
lake_url_authority(x): regexp_extract(lake_url(x), '^(?:[A-Za-z][A-Za-z0-9+.-]*:)?//([^/?#]*)', 1)
lake_url_host(x): regexp_extract(lake_url_authority(x), '^(?:[^@]*@)?(\[[^\]]*\]|[^:]*)', 1)
lake_url_port(x): try_cast(nullif(regexp_extract(lake_url_authority(x), ':(\d+)$', 1), '') as bigint)
lake_url_path(x): case when regexp_matches(x, '^[A-Za-z][A-Za-z0-9+.-]*:[^/]') then ''
  else url_decode(regexp_extract(lake_url(x), '^(?:[A-Za-z][A-Za-z0-9+.-]*:)?(?://[^/?#]*)?([^?#]*)', 1)) end
lake_url_raw_query(x): regexp_extract(lake_url(x), '^[^#?]*\?([^#]*)', 1)
lake_url_query(x): url_decode(lake_url_raw_query(x))
lake_url_fragment(x): url_decode(regexp_extract(lake_url(x), '#(.*)$', 1))
lake_url_parameter(x, p): case when regexp_matches(lake_url_raw_query(x), p)
  then url_decode(replace(regexp_extract(lake_url_raw_query(x), p, 1), '+', ' ')) end
lake_url_encode(x): replace(replace(replace(url_encode(x), '%20', '+'), '~', '%7E'), '%2A', '*')
lake_url_decode(x): case when regexp_matches(x, '%([^0-9A-Fa-f]|.[^0-9A-Fa-f]|.?$)')
  then cast(lake_fail('URLDecoder: Illegal hex characters in escape (%) pattern: ' || x) as varchar)
  else url_decode(replace(x, '+', ' ')) end
"""


def install(connection: duckdb.DuckDBPyConnection, names: Collection[str] | None = None) -> None:
    """Create these macros, or all, in the connection's own, temporary schema."""
    for name, macro in _macros().items():
        if names is None or name in names:
            connection.execute(macro)


def called(sql: str) -> set[str]:
    """The names of the macros that a DuckDB query calls, and of those that they build on."""
    known, names, text = _macros(), set[str](), sql
    while found := ({name.lower() for name in _NAME.findall(text)} & known.keys()) - names:
        names |= found
        text = " ".join(known[name] for name in found)
    return names


@cache
def _macros() -> dict[str, str]:
    """The statement that creates each macro."""
    entries: list[str] = []
    for line in _MACROS.strip().splitlines():
        if line.startswith(" "):
            entries[-1] += "\n" + line
        else:
            entries.append(line)
    parts = (entry.partition("):") for entry in entries)
    return {head.partition("(")[0]: f"create or replace macro {head}) as {body}" for head, _, body in parts}
