"""Compare two tables in DuckDB and describe the differences."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

SHOWN = 5
DOUBLE_TOLERANCE = 1e-12  # relative; two engines may add the same doubles in different orders
FAMILIES = {
    "number": ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "DECIMAL"),
    "double": ("FLOAT", "DOUBLE"),
    "text": ("VARCHAR",),
    "instant": ("TIMESTAMP",),
}


def differences(
    connection: duckdb.DuckDBPyConnection,
    *,
    actual: str,
    expected: str,
    key: Sequence[str],
    without: Sequence[str] = (),
    tolerance: float = 0.0,
) -> str:
    """How relation `actual` differs from relation `expected`; '' if it does not.

    Both must have the same columns (except `without`) of the same families of types. Numbers compare exactly, doubles within
    DOUBLE_TOLERANCE, or within `tolerance` where a small one is the difference of large ones. Rows are matched by `key`, and
    null equals null; without a key, entire rows are matched, as often as each occurs.
    """
    ours, theirs = (_columns(connection, relation, without) for relation in (actual, expected))
    if ours != theirs:
        lines = [f"{name}: {ours.get(name, 'absent')} / {theirs.get(name, 'absent')}" for name in sorted(ours | theirs)]
        return f"{actual} / {expected} have different columns:\n" + "\n".join(line for line in lines if _differs(line))
    relations = (actual, expected)
    parts = _by_key(connection, relations, ours, tuple(key), tolerance) if key else _by_row(connection, relations, ours)
    return "" if not parts else f"{actual} / {expected}: " + "\n".join(parts)


def _differs(line: str) -> bool:
    first, second = line.split(": ", 1)[1].split(" / ")
    return first != second


def _columns(connection: duckdb.DuckDBPyConnection, relation: str, without: Sequence[str]) -> dict[str, str]:
    described = connection.sql(f"describe select * from {relation}").fetchall()
    return {row[0]: _family(row[1]) for row in described if row[0] not in without}


def _family(kind: str) -> str:
    name = kind.split("(", maxsplit=1)[0].removesuffix(" WITH TIME ZONE")
    return next((family for family, kinds in FAMILIES.items() if name in kinds), name.lower())


def _by_key(
    connection: duckdb.DuckDBPyConnection,
    relations: tuple[str, str],
    columns: dict[str, str],
    key: tuple[str, ...],
    tolerance: float,
) -> list[str]:
    actual, expected = relations
    for relation in (actual, expected):
        repeated = connection.sql(f"select {_list(key)} from {relation} group by all having count(*) > 1").fetchall()
        if repeated:
            return [f"{relation} has {len(repeated)} keys more than once, such as {_named(key, repeated[0])}"]
    keys = " and ".join(f'f."{name}" is not distinct from e."{name}"' for name in key)
    parts = []
    for relation, other, side in ((actual, expected, "only actual"), (expected, actual, "only expected")):
        rows = connection.sql(
            f"select {_list(tuple(columns))} from {relation} f "
            f"where not exists (select 1 from {other} e where {keys}) order by all"
        )
        parts += _side(rows.fetchall(), tuple(columns), side)
    for name, family in columns.items():
        if name not in key:
            cells = connection.sql(
                f'select {_list(key, "f")}, f."{name}", e."{name}" from {actual} f join {expected} e on {keys} '
                f"where {_unequal(name, family, tolerance)} order by all"
            ).fetchall()
            parts += [f"{name} differs in {len(cells)} rows:"] if cells else []
            parts += [f"  {_named(key, row)}: actual {row[-2]}, expected {row[-1]}" for row in cells[:SHOWN]]
    return parts


def _by_row(connection: duckdb.DuckDBPyConnection, relations: tuple[str, str], columns: dict[str, str]) -> list[str]:
    actual, expected = relations
    names = tuple(columns)
    parts = []
    for relation, other, side in ((actual, expected, "only actual"), (expected, actual, "only expected")):
        rows = connection.sql(f"select {_list(names)} from {relation} except all select {_list(names)} from {other}")
        parts += _side(rows.order(_list(names)).fetchall(), names, side)
    return parts


def _unequal(name: str, family: str, tolerance: float) -> str:
    ours, theirs = f'f."{name}"', f'e."{name}"'
    exact = f"{ours} is distinct from {theirs}"
    if family != "double":
        return exact
    allowed = f"greatest({DOUBLE_TOLERANCE} * greatest(abs({ours}), abs({theirs})), {tolerance})"
    return f"{exact} and coalesce(abs({ours} - {theirs}) > {allowed}, true)"


def _list(names: Sequence[str], relation: str = "") -> str:
    return ", ".join(f'{relation + "." if relation else ""}"{name}"' for name in names)


def _side(rows: list[tuple[object, ...]], names: Sequence[str], side: str) -> list[str]:
    shown = [f"  {_named(names, row)}" for row in rows[:SHOWN]]
    return [f"{len(rows)} rows {side}:", *shown] if rows else []


def _named(names: Sequence[str], row: Sequence[object]) -> str:
    return ", ".join(f"{name}={'null' if value is None else value}" for name, value in zip(names, row, strict=False))
