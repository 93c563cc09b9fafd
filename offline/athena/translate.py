"""A SELECT in Athena's dialect → the SQL that DuckDB runs, or a sentence that says why not."""

from __future__ import annotations

from dataclasses import dataclass

from sqlglot import exp
from sqlglot.errors import ErrorLevel, SqlglotError

from contracts.errors import UsageError

# The modules of functions fill the table of functions when they are imported.
from offline.athena import aggregates, arrays, athena_types, coercion, dates, maps, numbers, text, web  # noqa: F401
from offline.athena.dialect import parse
from offline.athena.resolver import Catalog, resolve
from offline.athena.rewrite import to_duckdb
from offline.athena.type_inference import Annotator


@dataclass(frozen=True)
class Translation:
    """The SQL for DuckDB, the tables it reads (`zone.table`) and the columns (name, type) that it gives."""

    sql: str
    tables: tuple[str, ...]
    columns: tuple[tuple[str, str], ...]


def translate(sql: str, catalog: Catalog) -> Translation:
    """Translate one query. LakeError if it is no query, names what is not there, or cannot be said faithfully."""
    try:
        tree = parse(sql)
        written = _written_names(tree)
        tree, used = resolve(tree, catalog)
        tree = Annotator(catalog.schema).annotate(tree)
        columns = _output(tree, written)
        said = to_duckdb(tree).sql(dialect="duckdb", unsupported_level=ErrorLevel.RAISE)
    except (SqlglotError, RecursionError) as error:
        raise UsageError(f"The query cannot be translated: {str(error).splitlines()[0].rstrip('.')}.") from None
    return Translation(said, tuple(used), tuple(columns))


def _written_names(tree: exp.Query) -> list[str] | None:
    """The output names in the case in which the query gives them; None if a star hides how many there are."""
    selects = tree.selects
    if any(s.is_star for s in selects):
        return None
    return [s.alias_or_name if isinstance(s, exp.Alias | exp.Column) else f"_col{i}" for i, s in enumerate(selects)]


def _output(tree: exp.Query, written: list[str] | None) -> list[tuple[str, str]]:
    columns = []
    for position, kind in enumerate(_types(tree)):
        if athena_types.family(kind) == "zoned":
            raise UsageError(
                f"Column {position + 1} is a timestamp at a time zone, which DuckDB cannot hold; "
                "wrap it as cast(… at time zone '…' as timestamp)."
            )
        name = (written[position] if written else "") or tree.selects[position].alias_or_name
        columns.append((f"_col{position}" if name == f"_col_{position}" else name, athena_types.name(kind)))
    return columns


def _types(tree: exp.Query) -> list[exp.DataType]:
    """The types of the columns; of a UNION, what its branches have in common."""
    if isinstance(tree, exp.Subquery):
        return _types(tree.this)
    if isinstance(tree, exp.SetOperation):
        sides = _types(tree.this), _types(tree.expression)
        if len(sides[0]) != len(sides[1]):
            raise UsageError(f"The parts of a UNION have {len(sides[0])} and {len(sides[1])} columns; give them the same number.")
        return [coercion.common(pair, where=f"Column {i + 1} of the UNION") for i, pair in enumerate(zip(*sides, strict=True))]
    return [athena_types.of(s) for s in tree.selects]
