"""The views that reports, dashboards and BI tools read: `views/<name>.sql`, described by `views/<name>.yml`."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

from athena_queries.references import table_names
from contracts.document import Node, read_document
from contracts.errors import ContractError

FOLDER = Path(__file__).parent / "views"


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewColumn:
    """One column; `type` is as Athena names it in a query, such as varchar or decimal(38,4).

    `additive` are the columns of the grain over which the values may be added up; over any other column a sum means nothing.
    """

    name: str
    type: str
    description: str
    additive: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """One view of the curated database: `sql` is a single SELECT, `reads` are the tables and views in it."""

    name: str
    purpose: str
    grain: str
    owner: str
    columns: tuple[ViewColumn, ...]
    sql: str
    reads: frozenset[str]


@cache
def load_views(folder: Path = FOLDER) -> dict[str, View]:
    """All views by name, each after those that it reads; ContractError naming the file that is wrong."""
    views = {file.stem: _read(file) for file in sorted(folder.glob("*.sql"))}
    for file in folder.glob("*.yml"):
        if file.stem not in views:
            raise ContractError(f"{_place(file)}: describes no view; add {file.stem}.sql, or delete the file.")
    try:
        order = TopologicalSorter({name: sorted(view.reads & views.keys()) for name, view in views.items()}).static_order()
        return {name: views[name] for name in order}
    except CycleError as error:
        raise ContractError(f"athena_queries/views: {' reads '.join(error.args[1])}; a view cannot read itself.") from None


def _read(file: Path) -> View:
    described = file.with_suffix(".yml")
    if not described.is_file():
        raise ContractError(f"{_place(file)}: has no {described.name}; describe purpose, grain, owner and columns there.")
    text = described.read_text(encoding="utf-8")
    root = read_document(text, where=_place(described), example="a view has the keys purpose, grain, owner and columns.")
    root.only("purpose", "grain", "owner", "columns")
    sql = file.read_text(encoding="utf-8")
    return View(
        name=file.stem,
        purpose=root.prose("purpose", "state what the view answers."),
        grain=root.prose("grain", "state what one row is."),
        owner=root.prose("owner", "name the team that owns the view."),
        columns=tuple(_column(node) for node in root.children("columns", "name")),
        sql=sql,
        reads=frozenset(name for _, name in table_names(sql, where=_place(file))),
    )


def _column(node: Node) -> ViewColumn:
    node.only("name", "type", "description", "additive")
    return ViewColumn(
        name=node.required("name", "name the column."),
        type=node.required("type", "write its type, such as varchar or decimal(38,4)."),
        description=node.prose("description", "describe the column in one sentence."),
        additive=node.texts("additive"),
    )


def _place(file: Path) -> str:
    return f"athena_queries/{file.parent.name}/{file.name}"
