"""Views against the contracts, without data."""

from __future__ import annotations

import re
from pathlib import Path

from athena_queries.views import View as ViewFile
from athena_queries.views import load_views
from contracts import load_all
from contracts.errors import LakeError
from offline.athena import AthenaEngine, View, tables_of

_NAME = re.compile(r"[a-z][a-z0-9_]*")


def problems() -> list[str]:
    """A sentence for each fault: SQL that Athena refuses, columns other than described, types that BI tools cannot use."""
    files = load_views()
    known = {f"curated.{v.name}": View(v.sql, tuple((c.name, c.type) for c in v.columns)) for v in files.values()}
    nowhere = {zone: Path("/nowhere") for zone in ("processed", "curated")}
    engine = AthenaEngine(tables_of(nowhere, load_all()), known)
    try:
        return [problem for view in files.values() for problem in _of(view, engine)]
    finally:
        engine.close()


def _of(view: ViewFile, engine: AthenaEngine) -> list[str]:
    place = f"athena_queries/views/{view.name}"
    try:
        columns = engine.columns_of(view.sql)
    except LakeError as error:
        return [f"{place}.sql: {error}"]
    described = [(column.name, column.type) for column in view.columns]
    found = []
    if [name for name, _ in columns] != [name for name, _ in described]:
        found.append(f"{place}.yml: describes {_listed(described)}, but the SELECT has {_listed(columns)}; make them equal.")
    else:
        found += [
            f"{place}.yml: {name} is described as {kind}, but is {actual}; correct the type."
            for (name, kind), (_, actual) in zip(described, columns, strict=True)
            if kind != actual
        ]
    found += [
        f"{place}.sql: column {name} is not of a-z, 0-9 and _; rename it." for name, _ in columns if not _NAME.fullmatch(name)
    ]
    found += [
        f"{place}.sql: {name} is a timestamp with time zone, which BI tools cannot read; cast it to timestamp."
        for name, kind in columns
        if "time zone" in kind
    ]
    return found


def _listed(columns: list[tuple[str, str]]) -> str:
    return ", ".join(name for name, _ in columns)
