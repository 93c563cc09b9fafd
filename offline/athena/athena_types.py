"""Athena's types: one canonical form for each, their type families, and their DuckDB equivalents."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from sqlglot import exp

DType = exp.DType
MAX_PRECISION = 38

INTEGERS = (DType.TINYINT, DType.SMALLINT, DType.INT, DType.BIGINT)
_INTEGER_DIGITS = {DType.TINYINT: 3, DType.SMALLINT: 5, DType.INT: 10, DType.BIGINT: 19}
_ALIASES = {DType.TEXT: DType.VARCHAR, DType.BINARY: DType.VARBINARY, DType.LIST: DType.ARRAY}
_NAMES = {
    DType.BOOLEAN: "boolean",
    DType.TINYINT: "tinyint",
    DType.SMALLINT: "smallint",
    DType.INT: "integer",
    DType.BIGINT: "bigint",
    DType.FLOAT: "real",
    DType.DOUBLE: "double",
    DType.VARCHAR: "varchar",
    DType.VARBINARY: "varbinary",
    DType.DATE: "date",
    DType.TIMESTAMPTZ: "timestamp with time zone",
    DType.TIMESTAMPLTZ: "timestamp at a time zone",
    DType.INTERVAL: "interval day to second",
    DType.JSON: "json",
}
_FAMILIES = {
    **dict.fromkeys((*INTEGERS, DType.FLOAT, DType.DOUBLE, DType.DECIMAL), "number"),
    **dict.fromkeys((DType.DATE, DType.TIMESTAMP, DType.TIMESTAMPTZ), "datetime"),
    DType.TIMESTAMPLTZ: "zoned",
    DType.VARCHAR: "text",
    DType.VARBINARY: "binary",
    DType.BOOLEAN: "boolean",
    DType.ARRAY: "array",
    DType.MAP: "map",
    DType.STRUCT: "row",
    DType.JSON: "json",
    DType.INTERVAL: "interval",
}

# An interval of months; one of days and less has no parameter.
MONTHS = exp.DataType(this=DType.INTERVAL, expressions=[exp.DataTypeParam(this=exp.Literal.string("month"))])
UNKNOWN = DType.UNKNOWN.into_expr()
NULL = DType.NULL.into_expr()
# The result of AT TIME ZONE: in DuckDB a timestamp in that zone's local time (see operators.in_zone).
ZONED = DType.TIMESTAMPLTZ.into_expr()


def build(text: str) -> exp.DataType:
    """Parse a type as Athena DDL or a query writes it: `array<string>`, `decimal(18,4)`, `timestamp(3)`."""
    return _parsed(text).copy()


@lru_cache(maxsize=1024)
def _parsed(text: str) -> exp.DataType:
    """A lake has hundreds of columns of few types."""
    dialect = "hive" if "<" in text or "string" in text.lower() else "trino"
    return canonical(exp.DataType.build(text, dialect=dialect))


def canonical(kind: exp.DataType) -> exp.DataType:
    """The same type in canonical form, with Athena's default precision where none is written."""
    this = _ALIASES.get(kind.this, kind.this)
    if this is DType.DECIMAL:
        parameters = [int(p.name) for p in kind.expressions]
        return decimal(*[*parameters, 0][:2]) if parameters else decimal(MAX_PRECISION, 0)
    if this is DType.TIMESTAMP:
        return timestamp(int(kind.expressions[0].name) if kind.expressions else 3)
    if this in (DType.ARRAY, DType.MAP):
        return nested(this, *(canonical(k) for k in kind.expressions))
    if isinstance(this, exp.Interval):
        return MONTHS.copy() if "YEAR" in this.sql() else DType.INTERVAL.into_expr()
    if this is DType.STRUCT:
        fields = [
            exp.ColumnDef(this=f.this.copy(), kind=canonical(f.args["kind"])) if isinstance(f, exp.ColumnDef) else canonical(f)
            for f in kind.expressions
        ]
        return exp.DataType(this=this, expressions=fields, nested=True)
    return exp.DataType(this=this)


def plain(name: str) -> exp.DataType:
    """A type without parameters, by its Athena name."""
    return next(d for d, n in _NAMES.items() if n == name).into_expr()


def decimal(precision: int, scale: int) -> exp.DataType:
    precision = max(1, min(MAX_PRECISION, precision))
    params = [exp.DataTypeParam(this=exp.Literal.number(n)) for n in (precision, scale)]
    return exp.DataType(this=DType.DECIMAL, expressions=params)


def timestamp(precision: int = 3) -> exp.DataType:
    return exp.DataType(this=DType.TIMESTAMP, expressions=[exp.DataTypeParam(this=exp.Literal.number(precision))])


def nested(this: exp.DType, *inner: exp.DataType) -> exp.DataType:
    return exp.DataType(this=this, expressions=[k.copy() for k in inner], nested=True)


def array(inner: exp.DataType) -> exp.DataType:
    return nested(DType.ARRAY, inner)


def map_of(key: exp.DataType, value: exp.DataType) -> exp.DataType:
    return nested(DType.MAP, key, value)


def row(kinds: Iterable[exp.DataType]) -> exp.DataType:
    return exp.DataType(this=DType.STRUCT, expressions=[k.copy() for k in kinds], nested=True)


def type_of(node: exp.Expr) -> exp.DataType:
    """The inferred type of an expression, UNKNOWN where inference gave up."""
    return node.type if isinstance(node.type, exp.DataType) else UNKNOWN


def inner(kind: exp.DataType, position: int = 0) -> exp.DataType:
    """The element type of an array (0), the key (0) or value (1) type of a map, the field type of a row."""
    if kind.this in (DType.ARRAY, DType.MAP, DType.STRUCT) and len(kind.expressions) > position:
        part = kind.expressions[position]
        kind_of_part = part.args["kind"] if isinstance(part, exp.ColumnDef) else part
        return kind_of_part if isinstance(kind_of_part, exp.DataType) else UNKNOWN
    return UNKNOWN


def family(kind: exp.DataType) -> str:
    """number, text, datetime, boolean, array …; '' for unknown and null, which are accepted anywhere."""
    return _FAMILIES.get(kind.this, "")


def is_integer(kind: exp.DataType) -> bool:
    return kind.this in INTEGERS


def is_decimal(kind: exp.DataType) -> bool:
    return kind.this is DType.DECIMAL


def is_float(kind: exp.DataType) -> bool:
    return kind.this in (DType.DOUBLE, DType.FLOAT)


def precision_of(kind: exp.DataType) -> int:
    return int(kind.expressions[0].name) if kind.expressions else 3


def digits(kind: exp.DataType) -> tuple[int, int]:
    """(precision, scale) of a decimal, or of an integer converted to decimal."""
    if is_decimal(kind):
        return int(kind.expressions[0].name), int(kind.expressions[1].name)
    return _INTEGER_DIGITS[kind.this], 0


def sql_text(node: exp.Expr) -> str:
    """A part of the query as text for an error message."""
    return node.sql(dialect="trino").replace('"', "")


def type_name(kind: exp.DataType) -> str:
    """The type as Athena writes it: varchar, decimal(18,4), array(bigint), row(a integer)."""
    if is_decimal(kind):
        return "decimal({},{})".format(*digits(kind))
    if kind.this is DType.TIMESTAMP:
        return f"timestamp({precision_of(kind)})"
    if kind == MONTHS:
        return "interval year to month"
    if kind.this in (DType.ARRAY, DType.MAP):
        return f"{kind.this.value.lower()}({', '.join(type_name(k) for k in kind.expressions)})"
    if kind.this is DType.STRUCT:
        fields = [
            f"{f.name} {type_name(f.args['kind'])}" if isinstance(f, exp.ColumnDef) else type_name(f) for f in kind.expressions
        ]
        return f"row({', '.join(fields)})"
    return _NAMES.get(kind.this, "unknown")


def duckdb(kind: exp.DataType) -> exp.DataType:
    """The DuckDB type: timestamps without precision, values at a time zone as local timestamps."""
    if kind.this in (DType.TIMESTAMP, DType.TIMESTAMPLTZ):
        return DType.TIMESTAMP.into_expr()
    if kind.this is DType.INTERVAL:
        return DType.INTERVAL.into_expr()
    if kind.this in (DType.ARRAY, DType.MAP):
        return nested(kind.this, *(duckdb(k) for k in kind.expressions))
    if kind.this is DType.STRUCT:
        fields = [
            exp.ColumnDef(this=f.this.copy(), kind=duckdb(f.args["kind"]))
            for f in kind.expressions
            if isinstance(f, exp.ColumnDef)
        ]
        return exp.DataType(this=DType.STRUCT, expressions=fields, nested=True)
    return kind.copy()


def duckdb_text(kind: exp.DataType) -> str:
    return duckdb(kind).sql(dialect="duckdb")
