"""The model that model.yaml describes, with columns from the views and contracts."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from athena_queries.views import load_views
from contracts import load
from contracts.document import suggest
from contracts.errors import UsageError

FOLDER = Path(__file__).parent
# Every identifier is derived from a name, so that the same definition gives the same files.
NAMESPACE = uuid.UUID("6f1d8a3e-6a55-4c0f-9a0d-2f6a1c7c5b11")
TYPES = {"varchar": "string", "string": "string", "bigint": "int64", "integer": "int64", "int": "int64", "double": "double",
         "boolean": "boolean", "date": "dateTime"}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column: `source` is its name in the query, `kind` a type of the tabular model."""

    name: str
    source: str
    kind: str
    athena_type: str
    description: str
    additive: tuple[str, ...]
    is_hidden: bool
    is_key: bool
    sort_by: str | None


@dataclass(frozen=True, kw_only=True)
class Measure:
    name: str
    dax: str
    format: str
    description: str


@dataclass(frozen=True, kw_only=True)
class Table:
    """One table of the model; `incremental` is the column by which it is refreshed, `is_dates` the key of a date table."""

    name: str
    reads: str
    description: str
    columns: tuple[Column, ...]
    measures: tuple[Measure, ...]
    hierarchies: Mapping[str, Sequence[str]]
    incremental: str | None
    is_dates: str | None

    def column(self, source: str) -> Column:
        return next(column for column in self.columns if column.source == source)


@dataclass(frozen=True, kw_only=True)
class Parameter:
    name: str
    default: str
    description: str


@dataclass(frozen=True, kw_only=True)
class Relationship:
    """Many rows of `from_table` belong to one of `to_table`."""

    from_table: str
    from_column: str
    to_table: str
    to_column: str


@dataclass(frozen=True, kw_only=True)
class Model:
    parameters: tuple[Parameter, ...]
    tables: tuple[Table, ...]
    relationships: tuple[Relationship, ...]

    def table(self, name: str) -> Table:
        """The table of that name; UsageError naming near ones if there is none."""
        for table in self.tables:
            if table.name == name:
                return table
        raise UsageError(f"model.yaml: there is no table {name}; {suggest(name, [table.name for table in self.tables])}")


def load_model(file: Path = FOLDER / "model.yaml") -> Model:
    """The model; UsageError naming the table or column that does not exist."""
    root = yaml.safe_load(file.read_text(encoding="utf-8"))
    tables = tuple(_table(entry) for entry in root["tables"])
    model = Model(parameters=tuple(Parameter(**entry) for entry in root["parameters"]), tables=tables, relationships=())
    relationships = tuple(_relationship(model, entry) for entry in root["relationships"])
    return Model(parameters=model.parameters, tables=tables, relationships=relationships)


def identifier(*parts: str) -> str:
    """A stable identifier of something, by its names from the outside in."""
    return str(uuid.uuid5(NAMESPACE, "/".join(parts)))


def display(source: str) -> str:
    """The name of a column that people read."""
    return source.replace("_", " ").capitalize()


def _table(entry: Mapping[str, Any]) -> Table:
    description, available = _described(entry["reads"])
    sort = entry.get("sort", {})
    keys = {entry.get("key"), entry.get("is_dates")}
    columns = []
    for source in entry["columns"]:
        if source not in available:
            raise UsageError(f"model.yaml: {entry['reads']} has no column {source}; {suggest(source, available)}")
        athena_type, text, additive = available[source]
        columns.append(
            Column(
                name=display(source),
                source=source,
                kind=_kind(athena_type),
                athena_type=athena_type,
                description=text,
                additive=additive,
                is_hidden=source in entry.get("hidden", ()),
                is_key=source in keys,
                sort_by=display(sort[source]) if source in sort else None,
            )
        )
    return Table(
        name=entry["name"],
        reads=entry["reads"],
        description=description,
        columns=tuple(columns),
        measures=tuple(Measure(**measure) for measure in entry.get("measures", ())),
        hierarchies={name: [display(source) for source in levels] for name, levels in entry.get("hierarchies", {}).items()},
        incremental=entry.get("incremental"),
        is_dates=entry.get("is_dates"),
    )


def _described(name: str) -> tuple[str, dict[str, tuple[str, str, tuple[str, ...]]]]:
    """Purpose, and type, description and additivity by column, of a view or a curated table."""
    if name in load_views():
        view = load_views()[name]
        return view.purpose, {column.name: (column.type, column.description, column.additive) for column in view.columns}
    contract = load(name)
    columns = {c.name: (c.physical_type, c.description.partition("\n")[0], c.additive) for c in contract.columns}
    return contract.description, columns


def _kind(athena_type: str) -> str:
    if athena_type.startswith("decimal"):
        return "decimal"
    if athena_type.startswith("timestamp"):
        return "dateTime"
    if athena_type not in TYPES:
        raise UsageError(f"model.yaml: Power BI has no type for {athena_type}; leave the column out.")
    return TYPES[athena_type]


def _relationship(model: Model, entry: Mapping[str, str]) -> Relationship:
    ends = []
    for end in (entry["from"], entry["to"]):
        table, _, column = end.partition(".")
        names = [one.source for one in model.table(table).columns]
        if column not in names:
            raise UsageError(f"model.yaml: {table} has no column {column}; {suggest(column, names)}")
        ends += [table, display(column)]
    return Relationship(from_table=ends[0], from_column=ends[1], to_table=ends[2], to_column=ends[3])
