"""Two tables side by side in DuckDB: what differs, in words that one can read."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

SHOWN = 5
DOUBLE_TOLERANCE = 1e-12  # relative; two engines may add the same doubles in another order
FAMILIES = {
    "number": ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "DECIMAL"),
    "double": ("FLOAT", "DOUBLE"),
    "text": ("VARCHAR",),
    "instant": ("TIMESTAMP",),
}


def differences(
    connection: duckdb.DuckDBPyConnection,
    *,
    found: str,
    expected: str,
    key: Sequence[str],
    without: Sequence[str] = (),
    near: float = 0.0,
) -> str:
    """What tells relation `found` from relation `expected`, or '' when nothing does.

    Both must have the same columns, `without` left out of both, of the same family of types (exact numbers compare exactly,
    doubles to DOUBLE_TOLERANCE, or to `near` where a small one is the difference of large ones). Rows are matched by `key`,
    where null equals null; without a key, whole rows are matched, each as often as it occurs.
    """
    ours, theirs = (_columns(connection, relation, without) for relation in (found, expected))
    if ours != theirs:
        lines = [f"{name}: {ours.get(name, 'absent')} / {theirs.get(name, 'absent')}" for name in sorted(ours | theirs)]
        return f"{found} / {expected} have other columns:\n" + "\n".join(line for line in lines if _differs(line))
    parts = _by_key(connection, found, expected, ours, tuple(key), near) if key else _by_row(connection, found, expected, ours)
    return "" if not parts else f"{found} / {expected}: " + "\n".join(parts)


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
    connection: duckdb.DuckDBPyConnection, found: str, expected: str, columns: dict[str, str], key: tuple[str, ...], near: float
) -> list[str]:
    for relation in (found, expected):
        twice = connection.sql(f"select {_list(key)} from {relation} group by all having count(*) > 1").fetchall()
        if twice:
            return [f"{relation} has {len(twice)} keys more than once, such as {_named(key, twice[0])}"]
    keys = " and ".join(f'f."{name}" is not distinct from e."{name}"' for name in key)
    parts = []
    for relation, other, side in ((found, expected, "only found"), (expected, found, "only expected")):
        rows = connection.sql(
            f"select {_list(tuple(columns))} from {relation} f "
            f"where not exists (select 1 from {other} e where {keys}) order by all"
        )
        parts += _side(rows.fetchall(), tuple(columns), side)
    for name, family in columns.items():
        if name not in key:
            cells = connection.sql(
                f'select {_list(key, "f")}, f."{name}", e."{name}" from {found} f join {expected} e on {keys} '
                f"where {_unequal(name, family, near)} order by all"
            ).fetchall()
            parts += [f"{name} differs in {len(cells)} rows:"] if cells else []
            parts += [f"  {_named(key, row)}: found {row[-2]}, expected {row[-1]}" for row in cells[:SHOWN]]
    return parts


def _by_row(connection: duckdb.DuckDBPyConnection, found: str, expected: str, columns: dict[str, str]) -> list[str]:
    names = tuple(columns)
    parts = []
    for relation, other, side in ((found, expected, "only found"), (expected, found, "only expected")):
        rows = connection.sql(f"select {_list(names)} from {relation} except all select {_list(names)} from {other}")
        parts += _side(rows.order(_list(names)).fetchall(), names, side)
    return parts


def _unequal(name: str, family: str, near: float) -> str:
    ours, theirs = f'f."{name}"', f'e."{name}"'
    exact = f"{ours} is distinct from {theirs}"
    if family != "double":
        return exact
    allowed = f"greatest({DOUBLE_TOLERANCE} * greatest(abs({ours}), abs({theirs})), {near})"
    return f"{exact} and coalesce(abs({ours} - {theirs}) > {allowed}, true)"


def _list(names: Sequence[str], relation: str = "") -> str:
    return ", ".join(f'{relation + "." if relation else ""}"{name}"' for name in names)


def _side(rows: list[tuple[object, ...]], names: Sequence[str], side: str) -> list[str]:
    shown = [f"  {_named(names, row)}" for row in rows[:SHOWN]]
    return [f"{len(rows)} rows {side}:", *shown] if rows else []


def _named(names: Sequence[str], row: Sequence[object]) -> str:
    return ", ".join(f"{name}={'null' if value is None else value}" for name, value in zip(names, row, strict=False))
