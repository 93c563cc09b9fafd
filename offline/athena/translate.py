"""Translate a SELECT in Athena's dialect to DuckDB's SQL, or raise UsageError with the reason and the remedy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlglot import exp
from sqlglot.errors import ErrorLevel, SqlglotError

from contracts.errors import UsageError

# Importing these modules registers their functions.
from offline.athena import aggregates, arrays, athena_types, coercion, dates, maps, numbers, text, web, windows  # noqa: F401
from offline.athena.dialect import UNNAMED, parse
from offline.athena.pruning import Partitions, partitions
from offline.athena.resolver import Catalog, resolve
from offline.athena.rewrite import to_duckdb
from offline.athena.type_inference import Annotator


@dataclass(frozen=True)
class Translation:
    """The SQL for DuckDB, the tables that it reads (`zone.table`), its columns (name, Athena type), and the partitions."""

    sql: str
    tables: tuple[str, ...]
    columns: tuple[tuple[str, str], ...]
    partitions: Mapping[str, Partitions] = field(default_factory=dict)


def translate(sql: str, catalog: Catalog) -> Translation:
    """Translate one query. Raises UsageError if it is not a query, names something unknown, or has no faithful translation."""
    try:
        tree = parse(sql)
        written = _written_names(tree)
        tree, used = resolve(tree, catalog)
        tree = Annotator(catalog.schema(tree)).annotate(tree)
        columns = _output(tree, written)
        needed = partitions(tree, {key: table.partition_columns for key, table in catalog.tables.items()})
        duckdb_sql = to_duckdb(tree).sql(dialect="duckdb", unsupported_level=ErrorLevel.RAISE, copy=False)
    except (SqlglotError, RecursionError) as error:
        raise UsageError(f"The query cannot be translated: {str(error).splitlines()[0].rstrip('.')}.") from None
    return Translation(duckdb_sql, tuple(used), tuple(columns), needed)


def _written_names(tree: exp.Query) -> list[str] | None:
    """The output names in the query's own case; None if a star hides how many there are."""
    selects = tree.selects
    if any(s.is_star for s in selects):
        return None
    return [s.alias_or_name if isinstance(s, exp.Alias | exp.Column) else f"_col{i}" for i, s in enumerate(selects)]


def _output(tree: exp.Query, written: list[str] | None) -> list[tuple[str, str]]:
    columns = []
    for position, kind in enumerate(_types(tree)):
        if athena_types.family(kind) == "zoned":
            raise UsageError(
                f"Column {position + 1} is a timestamp at a time zone, which DuckDB cannot store; "
                "wrap it in cast(… at time zone '…' as timestamp)."
            )
        name = (written[position] if written else "") or tree.selects[position].alias_or_name
        is_unnamed = name == f"_col_{position}" or name.startswith(UNNAMED)
        columns.append((f"_col{position}" if is_unnamed else name, athena_types.type_name(kind)))
    return columns


def _types(tree: exp.Query) -> list[exp.DataType]:
    """The types of the columns; for a UNION the common types of its branches."""
    if isinstance(tree, exp.Subquery):
        return _types(tree.this)
    if isinstance(tree, exp.SetOperation):
        sides = _types(tree.this), _types(tree.expression)
        if len(sides[0]) != len(sides[1]):
            raise UsageError(f"The branches of a UNION have {len(sides[0])} and {len(sides[1])} columns; select the same number.")
        return [coercion.common(pair, where=f"Column {i + 1} of the UNION") for i, pair in enumerate(zip(*sides, strict=True))]
    return [athena_types.type_of(s) for s in tree.selects]
