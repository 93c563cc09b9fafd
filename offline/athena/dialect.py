"""Parse Athena SQL into a tree in which every function is a plain call, so that one registry covers them all."""

from __future__ import annotations

import re
from typing import ClassVar

import sqlglot
from sqlglot import exp
from sqlglot.dialects.trino import Trino
from sqlglot.errors import SqlglotError
from sqlglot.parsers.trino import TrinoParser

from contracts.errors import UsageError
from offline.athena import athena_types
from offline.athena.registry import FUNCTIONS, REFUSED
from offline.athena.tokens import checked

_KEPT_PARSERS = ("CAST", "TRY_CAST", "EXTRACT", "POSITION", "SUBSTRING", "TRIM")


class AthenaSelect(Trino):
    """Trino without sqlglot's function classes: each call stays a name and its arguments."""

    INDEX_OFFSET = 0  # subscripts stay as written; sqlglot would subtract one from a map's keys as well

    class Parser(TrinoParser):
        FUNCTIONS: ClassVar = {}
        FUNCTION_PARSERS: ClassVar = {k: v for k, v in TrinoParser.FUNCTION_PARSERS.items() if k in _KEPT_PARSERS}


# The node types of an Athena SELECT. Anything else that sqlglot parses belongs to another dialect.
_NODES = """
Select Subquery Union Intersect Except With CTE From Join Where Group Having Order Ordered Limit Offset Fetch LimitOptions
Values Tuple Table TableAlias Lateral Unnest Column Star Identifier Alias Paren Literal Boolean Null Var Distinct
Add Sub Mul Div Mod Neg DPipe And Or Not EQ NEQ GT GTE LT LTE Is In Between Like Escape Exists Any All
NullSafeEQ NullSafeNEQ Case If Cast TryCast DataType DataTypeParam ColumnDef IntervalSpan Interval AtTimeZone Bracket Dot
Array Lambda Anonymous Filter Window WindowSpec WithinGroup IgnoreNulls RespectNulls GroupingSets Rollup Cube
CurrentDate CurrentTimestamp Localtimestamp Extract StrPosition Substring Trim ParseJSON HexString Schema
""".split()
_ALTERNATIVES = {
    "TableSample": "TABLESAMPLE returns different rows each time; use a condition on an id, such as mod(n, 10) = 0",
    "ILike": "Athena has no ILIKE; use lower(x) like '…'",
    "Qualify": "Athena has no QUALIFY; filter in an outer SELECT",
    "MatchRecognize": "MATCH_RECOGNIZE cannot be translated to DuckDB; use window functions",
    "Pivot": "Athena has no PIVOT; use sum(x) filter (where …)",
    "Parameter": "Query parameters are not supported; write the value",
    "Placeholder": "Query parameters are not supported; write the value",
    "CurrentTime": "current_time is not translated; use current_timestamp",
    "CurrentUser": "current_user is not supported offline; remove it",
    "Slice": "Athena has no array slices; use slice(a, start, length)",
    "RegexpLike": "Athena has no operator for regular expressions; use regexp_like(x, 'pattern')",
}


UNNAMED = "unnamed column "


def parse(sql: str) -> exp.Query:
    """Parse one SELECT, WITH, TABLE or VALUES statement. Raises UsageError for anything else."""
    try:
        trees = sqlglot.parse(checked(sql, AthenaSelect), read=AthenaSelect)
    except SqlglotError as error:
        raise UsageError(_syntax_message(error)) from None
    if len(trees) != 1 or trees[0] is None:
        raise UsageError("`shoplake sql` runs one statement at a time; run them one by one.")
    tree = trees[0]
    if isinstance(tree, exp.Values):
        tree = exp.select("*").from_(_named_values(tree))
    if not isinstance(tree, exp.Query):
        raise UsageError("`shoplake sql` runs only SELECT, WITH, VALUES, EXPLAIN, SHOW TABLES and DESCRIBE.")
    _check_nodes(tree)
    return _normalize(tree)


def _syntax_message(error: SqlglotError) -> str:
    details = getattr(error, "errors", None)
    if details:
        first = details[0]
        near = f"{first.get('start_context', '')[-30:]}{first.get('highlight', '')}".strip()
        what = re.sub(r"( but got| for)? <.*", "", str(first.get("description", ""))).rstrip(".")
        return f"Line {first.get('line')}: not valid Athena SQL near `{near}`: {what}."
    text = re.sub(r"\s+", " ", str(error))
    return f"This is not valid Athena SQL: {text}."


def _named_values(values: exp.Values) -> exp.Values:
    row = values.expressions[0]
    width = len(row.expressions) if isinstance(row, exp.Tuple) else 1
    columns = [exp.to_identifier(f"_col{i}") for i in range(width)]
    values.set("alias", exp.TableAlias(this=exp.to_identifier("_values"), columns=columns))
    return values


def _check_nodes(tree: exp.Query) -> None:
    for node in tree.walk():
        name = type(node).__name__
        if name in _ALTERNATIVES:
            raise UsageError(f"{_ALTERNATIVES[name]}.")
        if name not in _NODES:
            raise UsageError(f"`shoplake sql` cannot translate {name}: {node.sql(dialect='trino')}.")
        if isinstance(node, exp.Join):
            _check_join(node)
        elif isinstance(node, exp.Select):
            _check_select(node)
        elif isinstance(node, exp.With) and node.args.get("recursive"):
            raise UsageError(
                "WITH RECURSIVE is not supported: Athena stops after 10 iterations, DuckDB does not; use sequence() with unnest."
            )
        elif isinstance(node, exp.Fetch | exp.LimitOptions):
            options = node if isinstance(node, exp.LimitOptions) else node.args.get("limit_options")
            if options is not None and (options.args.get("with_ties") or options.args.get("percent")):
                raise UsageError("FETCH … WITH TIES is not translated; filter on rank() in an outer SELECT.")
        elif isinstance(node, exp.SetOperation) and (node.args.get("by_name") or node.args.get("side")):
            raise UsageError("Athena has no UNION BY NAME; list the columns in the same order.")


def _check_join(join: exp.Join) -> None:
    if join.method:
        raise UsageError(f"Athena has no {join.method} JOIN; name the columns in ON or USING.")
    if join.kind.upper() not in ("", "INNER", "OUTER", "CROSS"):
        raise UsageError(f"Athena has no {join.kind} JOIN; use EXISTS or NOT EXISTS.")


def _check_select(select: exp.Select) -> None:
    distinct = select.args.get("distinct")
    if distinct is not None and distinct.args.get("on"):
        raise UsageError("Athena has no DISTINCT ON; use max_by(), or row_number() in an inner SELECT.")
    group = select.args.get("group")
    if group is not None and group.args.get("all"):
        raise UsageError("Athena has no GROUP BY ALL; list the columns.")
    for star in select.find_all(exp.Star):
        if any(star.args.get(k) for k in ("except_", "replace", "rename", "except")):
            raise UsageError("Athena has no `* except (…)`; list the columns.")


def _normalize(tree: exp.Query) -> exp.Query:
    """Write every special function form as a plain call, and resolve the target types of casts."""
    for node in list(tree.walk(bfs=False)):
        if isinstance(node, exp.Values):
            _check_values(node)
        if isinstance(node, exp.Unnest) and node.args.get("alias") is None:
            _name_columns(node)
        plain = _plain_call(node)
        if plain is not None:
            node.replace(plain)
    for node in tree.find_all(exp.DataType):
        if isinstance(node.parent, exp.Cast):
            node.replace(_castable(node))
    return tree


def _check_values(values: exp.Values) -> None:
    for row in values.expressions:
        inner = row.expressions[0] if isinstance(row, exp.Tuple) and len(row.expressions) == 1 else row
        is_cast = isinstance(inner, exp.Cast) and inner.to.this is exp.DType.STRUCT
        if is_cast or (isinstance(inner, exp.Anonymous) and str(inner.this).lower() == "row"):
            raise UsageError("Athena reads the fields of a row in VALUES as columns; write (a, b) for them, or SELECT row(a, b).")


def _name_columns(unnest: exp.Unnest) -> None:
    """Names that no query can contain, because Athena's columns of an UNNEST without names can only be selected by a star."""
    names = [exp.to_identifier(f"{UNNAMED}{i}", quoted=True) for i in range(len(unnest.expressions))]
    if unnest.args.get("offset"):
        unnest.set("offset", exp.to_identifier(f"{UNNAMED}{len(names)}", quoted=True))
    unnest.set("alias", exp.TableAlias(this=exp.to_identifier("_unnest"), columns=names))


def _plain_call(node: exp.Expr) -> exp.Expr | None:
    if isinstance(node, exp.Extract):
        return exp.Anonymous(this=_extract_name(node.name), expressions=[node.expression])
    if isinstance(node, exp.StrPosition):
        return exp.Anonymous(this="strpos", expressions=[node.this, node.args["substr"]])
    if isinstance(node, exp.Substring):
        parts = [node.this, node.args.get("start"), node.args.get("length")]
        return exp.Anonymous(this="substr", expressions=[p for p in parts if p is not None])
    if isinstance(node, exp.Trim):
        side = {"LEADING": "ltrim", "TRAILING": "rtrim"}.get(node.text("position").upper(), "trim")
        parts = [node.this, node.expression] if node.expression else [node.this]
        return exp.Anonymous(this=side, expressions=parts)
    if isinstance(node, exp.CurrentTimestamp | exp.Localtimestamp | exp.CurrentDate):
        name = {"Localtimestamp": "localtimestamp", "CurrentDate": "current_date"}.get(type(node).__name__, "now")
        return exp.Anonymous(this=name, expressions=[])
    if isinstance(node, exp.ParseJSON):
        return exp.Anonymous(this="json_parse", expressions=[node.this])
    if isinstance(node, exp.Anonymous):
        node.set("this", str(node.this).lower())
    if isinstance(node, exp.Column):  # processed.events.brand: by now the table's name is enough
        node.set("db", None)
        node.set("catalog", None)
    return None


def _extract_name(field: str) -> str:
    synonyms = {"dayofweek": "day_of_week", "dayofyear": "day_of_year", "weekofyear": "week", "yearofweek": "year_of_week"}
    name = field.lower()
    name = synonyms.get(name, name)
    if name not in FUNCTIONS and name not in REFUSED:
        raise UsageError(f"extract({field} from …): Athena has no such field; use year, month, day, hour ….")
    # Unlike hour(x), this takes no date. A name with a space cannot be called in a query.
    return f"extract {name}" if name in ("hour", "minute", "second") else name


def _castable(kind: exp.DataType) -> exp.DataType:
    written = kind.sql(dialect="trino").lower()
    if kind.this in (exp.DType.TIME, exp.DType.TIMETZ, exp.DType.CHAR, exp.DType.NCHAR, exp.DType.USERDEFINED):
        raise UsageError(f"Casting to {written} is not translated; use varchar, date or timestamp.")
    if kind.this in (exp.DType.VARCHAR, exp.DType.TEXT) and kind.expressions:
        return kind
    target = athena_types.canonical(kind)
    if "unknown" in athena_types.type_name(target):
        raise UsageError(f"Athena cannot cast to {written}; use varchar, bigint, decimal(p,s) ….")
    return target
