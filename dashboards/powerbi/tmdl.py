"""The semantic model as TMDL files."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from dashboards.powerbi.model import Column, Measure, Model, Parameter, Table, identifier

COMPATIBILITY = 1600
# A refresh loads these days again, because returns and late orders change days that were loaded; older ones are kept.
REFRESHED_DAYS = 40
KEPT_YEARS = 5
IMPORT, DIRECT_QUERY = "import", "directQuery"
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_FORMATS = {"int64": "#,0", "decimal": "#,0.00", "double": "#,0.00", "dateTime": "yyyy-MM-dd"}
RANGE = {"RangeStart": 2020, "RangeEnd": 2040}


def files(model: Model, *, mode: str = IMPORT) -> dict[str, str]:
    """The files of the folder `definition`, by their path."""
    written = {
        "database.tmdl": f"database\n\tcompatibilityLevel: {COMPATIBILITY}\n",
        "model.tmdl": _model(model),
        "expressions.tmdl": _expressions(model),
        "relationships.tmdl": _relationships(model),
    }
    return written | {f"tables/{table.name}.tmdl": _table(table, mode) for table in model.tables}


def quoted(name: str) -> str:
    return name if _PLAIN.fullmatch(name) else "'" + name.replace("'", "''") + "'"


def native_sql(table: Table) -> str:
    """An M expression of the SQL that Athena runs for the table: its columns, of one shop."""
    columns = ", ".join(column.source for column in table.columns)
    parts = [
        f'"select {columns} from "',
        "Database",
        f'".{table.reads} where source = \'"',
        'Text.Replace(Shop, "\'", "\'\'")',
        '"\'"',
    ]
    if table.incremental:
        parts[-1] = f"\"' and {table.incremental} >= date '\""
        parts += ['Date.ToText(Date.From(RangeStart), "yyyy-MM-dd")', f"\"' and {table.incremental} < date '\""]
        parts += ['Date.ToText(Date.From(RangeEnd), "yyyy-MM-dd")', '"\'"']
    return " & ".join(parts)


def _model(model: Model) -> str:
    order = [*(one.name for one in model.parameters), *(one.name for one in model.tables)]
    names = ", ".join(f'"{name}"' for name in order)
    references = "\n".join(f"ref table {quoted(table.name)}" for table in model.tables)
    return (
        "model Model\n\tculture: en-US\n\tdefaultPowerBIDataSourceVersion: powerBI_V3\n\tsourceQueryCulture: en-US\n"
        "\tdataAccessOptions\n\t\tlegacyRedirects\n\t\treturnErrorValuesAsNull\n\n"
        f"annotation PBI_QueryOrder = [{names}]\n\nannotation __PBI_TimeIntelligenceEnabled = 0\n\n{references}\n"
    )


def _expressions(model: Model) -> str:
    meta = 'meta [IsParameterQuery=true, Type="DateTime", IsParameterQueryRequired=true]'
    ranges = [
        f"expression {name} = #datetime({year}, 1, 1, 0, 0, 0) {meta}\n\tlineageTag: {identifier('expression', name)}\n"
        for name, year in RANGE.items()
    ]
    return "\n".join([*(_parameter(parameter) for parameter in model.parameters), *ranges])


def _parameter(parameter: Parameter) -> str:
    meta = 'meta [IsParameterQuery=true, Type="Text", IsParameterQueryRequired=true]'
    return (
        f"/// {parameter.description}\nexpression {parameter.name} = {_m_text(parameter.default)} {meta}\n"
        f"\tlineageTag: {identifier('expression', parameter.name)}\n"
    )


def _m_text(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def _relationships(model: Model) -> str:
    blocks = []
    for one in model.relationships:
        name = identifier("relationship", one.from_table, one.from_column, one.to_table)
        blocks.append(
            f"relationship {name}\n\tfromColumn: {quoted(one.from_table)}.{quoted(one.from_column)}\n"
            f"\ttoColumn: {quoted(one.to_table)}.{quoted(one.to_column)}\n"
        )
    return "\n".join(blocks)


def _table(table: Table, mode: str) -> str:
    lines = [*_comment(table.description, ""), f"table {quoted(table.name)}", f"\tlineageTag: {identifier('table', table.name)}"]
    if table.is_dates:
        lines.append("\tdataCategory: Time")
    lines.append("")
    if table.incremental and mode == IMPORT:
        lines += [*_refresh_policy(table), ""]
    for measure in table.measures:
        lines += [*_measure(table, measure), ""]
    for column in table.columns:
        lines += [*_column(table, column), ""]
    for name, levels in table.hierarchies.items():
        lines += [*_hierarchy(table, name, levels), ""]
    return "\n".join([*lines, *_partition(table, mode)]) + "\n"


def _measure(table: Table, measure: Measure) -> Iterator[str]:
    yield from _comment(measure.description, "\t")
    yield f"\tmeasure {quoted(measure.name)} = {measure.dax}"
    yield f"\t\tformatString: {measure.format}"
    yield f"\t\tlineageTag: {identifier('measure', table.name, measure.name)}"


def _column(table: Table, column: Column) -> Iterator[str]:
    yield from _comment(column.description, "\t")
    yield f"\tcolumn {quoted(column.name)}"
    yield f"\t\tdataType: {column.kind}"
    if column.is_hidden:
        yield "\t\tisHidden"
    if column.is_key:
        yield "\t\tisKey"
    if column.kind in _FORMATS:
        is_ordinal = table.is_dates and column.kind == "int64"
        yield f"\t\tformatString: {'0' if is_ordinal else _FORMATS[column.kind]}"
    yield f"\t\tlineageTag: {identifier('column', table.name, column.name)}"
    # Implicit sums of rates, ranks and distinct counts would be wrong, so people add measures.
    yield "\t\tsummarizeBy: none"
    yield f"\t\tsourceColumn: {column.source}"
    if column.sort_by:
        yield f"\t\tsortByColumn: {quoted(column.sort_by)}"


def _hierarchy(table: Table, name: str, levels: Sequence[str]) -> Iterator[str]:
    yield f"\thierarchy {quoted(name)}"
    yield f"\t\tlineageTag: {identifier('hierarchy', table.name, name)}"
    for level in levels:
        yield ""
        yield f"\t\tlevel {quoted(level)}"
        yield f"\t\t\tlineageTag: {identifier('level', table.name, name, level)}"
        yield f"\t\t\tcolumn: {quoted(level)}"


def _refresh_policy(table: Table) -> Iterator[str]:
    yield "\trefreshPolicy"
    yield "\t\tpolicyType: basic"
    yield "\t\trollingWindowGranularity: year"
    yield f"\t\trollingWindowPeriods: {KEPT_YEARS}"
    yield "\t\tincrementalGranularity: day"
    yield f"\t\tincrementalPeriods: {REFRESHED_DAYS}"
    yield "\t\tsourceExpression ="
    yield from (f"\t\t\t\t{line}" for line in _query(table))


def _partition(table: Table, mode: str) -> Iterator[str]:
    yield f"\tpartition {quoted(table.name)} = m"
    yield f"\t\tmode: {mode}"
    yield "\t\tsource ="
    yield from (f"\t\t\t\t{line}" for line in _query(table))


def _query(table: Table) -> list[str]:
    return [
        "let",
        '    Connection = "dsn=" & Dsn & ";AwsRegion=" & Region & ";Workgroup=" & Workgroup & ";Schema=" & Database,',
        f"    Rows = Odbc.Query(Connection, {native_sql(table)})",
        "in",
        "    Rows",
    ]


def _comment(text: str, indent: str) -> list[str]:
    return [f"{indent}/// {line.strip()}" for line in text.strip().splitlines()]
