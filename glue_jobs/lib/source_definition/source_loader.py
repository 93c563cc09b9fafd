"""Source folders, read: `source.yaml` and its SELECTs into a Source, or into sentences about all that is wrong with them."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Any

import yaml

from contracts.document import suggest
from contracts.errors import SourceError, UsageError
from glue_jobs.lib.source_definition.source import (
    DECIMALS,
    ENCODINGS,
    FORMATS,
    LOADS,
    NESTED,
    SUPERSEDED,
    TYPES,
    FileKind,
    LeaveOut,
    Newest,
    RawColumn,
    Source,
    is_absolute,
)

# SELECTs that any source may take by naming the table under `derive`.
SHARED = resources.files("glue_jobs") / "sources" / "_derived"
PLAIN = ("format", "delimiter", "quote", "header", "load", "records", "decimal", "description")


def source_names(folder: Traversable) -> list[str]:
    """The names of all source folders."""
    return sorted(entry.name for entry in folder.iterdir() if entry.is_dir() and (entry / "source.yaml").is_file())


def load_source(folder: Traversable, name: str) -> Source:
    """Reads one source folder; LakeError names the file and key of the first thing that is wrong."""
    known = source_names(folder)
    if name not in known:
        raise UsageError(f"{name}: there is no such source; {suggest(name, known)}")
    source, problems = read_source(folder / name, name)
    if source is None or problems:
        raise SourceError(problems[0])
    return source


def read_source(folder: Traversable, name: str) -> tuple[Source | None, list[str]]:
    """The source as far as it can be read, and a sentence for each thing that is wrong with its files."""
    reading = Reading(name, f"{name}/source.yaml")
    if not (folder / "source.yaml").is_file():
        return None, [f"{reading.where}: there is no such file; it says what the source's files look like."]
    text = (folder / "source.yaml").read_text(encoding="utf-8")
    try:
        document = yaml.safe_load(text)
    except yaml.YAMLError as error:
        return None, [f"{reading.where}: not valid YAML: {' '.join(str(error).split())}"]
    own = [entry for entry in folder.iterdir() if entry.name.endswith(".sql")]
    selects = {entry.name.removesuffix(".sql"): entry.read_text(encoding="utf-8") for entry in own}
    return reading.source(document, text=text, selects=selects), reading.problems


@dataclass
class Reading:
    """One source.yaml while it is read; `problems` are sentences, in the order of the file."""

    name: str
    where: str
    problems: list[str] = field(default_factory=list)

    def source(self, document: Any, *, text: str, selects: Mapping[str, str]) -> Source | None:
        if not self._keys(document, {"title", "timezone", "files", "derive"}, {"title", "files"}, where=self.where):
            return None
        shared = {entry.name.removesuffix(".sql"): entry for entry in SHARED.iterdir() if entry.name.endswith(".sql")}
        derived = [
            table
            for table in document.get("derive", [])
            if self._choice(table, tuple(sorted(shared)), where=f"{self.where}: derive")
        ]
        selects = {**{table: shared[table].read_text(encoding="utf-8") for table in derived}, **selects}
        read = [self._kind(kind, entry) for kind, entry in document["files"].items()]
        kinds = {kind.name: kind for kind in read if kind is not None}
        records = [kind.records for kind in kinds.values() if kind.records]
        for table in dict.fromkeys(records):
            if table not in selects:
                self._wrong(f"records: {table} needs {self.name}/{table}.sql, which is not there; write it or mend the name.")
            if records.count(table) > 1:
                self._wrong(f"records: {table} is named by two kinds; one table takes its records from one kind.")
        zone = document.get("timezone", "UTC")
        return Source(name=self.name, title=document["title"], timezone=zone, kinds=kinds, selects=selects, text=text)

    def _kind(self, name: str, entry: Any) -> FileKind | None:
        where = f"{self.where}: files.{name}"
        if not self._keys(entry, {field.name for field in fields(FileKind)} - {"name"}, {"glob", "columns"}, where=where):
            return None
        for key, choices in (("format", FORMATS), ("load", LOADS), ("decimal", DECIMALS)):
            self._choice(entry.get(key, choices[0]), choices, where=f"{where}.{key}")
        encodings = tuple(entry.get("encodings", ["utf-8"]))
        for encoding in encodings:
            self._choice(encoding, ENCODINGS, where=f"{where}.encodings")
        nested = entry.get("format", "csv") != "csv"
        read = [self._column(key, value or {}, where=f"{where}.columns.{key}", nested=nested) for key, value in _items(entry)]
        columns = tuple(column for column in read if column)
        return FileKind(
            name=name,
            glob=tuple([entry["glob"]] if isinstance(entry["glob"], str) else entry["glob"]),
            columns=columns,
            encodings=encodings,
            leave_out=tuple(self._leave_out(entry.get("leave_out", []), where=f"{where}.leave_out")),
            control_totals=tuple(entry.get("control_totals", {}).items()),
            unnest=self._unnest(entry.get("unnest"), where=f"{where}.unnest"),
            newest=self._newest(entry.get("newest"), columns, where=f"{where}.newest"),
            **{key: entry[key] for key in PLAIN if key in entry},
        )

    def _column(self, name: str, entry: Any, *, where: str, nested: bool) -> RawColumn | None:
        allowed = {field.name for field in fields(RawColumn)} - {"name"}
        if not self._keys(entry, allowed, set(), where=where):
            return None
        entry = {key: value for key, value in entry.items() if key in allowed}
        kind = str(entry.get("type", "string"))
        if not (kind.startswith("decimal(") or (nested and NESTED.fullmatch(kind))):
            kind = kind if self._choice(kind, TYPES, where=f"{where}.type") else "string"
        lists = {key: tuple(entry[key]) for key in ("formats", "aliases") if key in entry}
        column = RawColumn(**{**entry, **lists, "name": name, "type": kind})
        if any(is_absolute(one) for one in column.formats) and not column.is_absolute:
            self._wrong_at(where, "formats mix instants with wall clocks; declare two columns, or one kind of format.")
        return column

    def _leave_out(self, entries: Any, *, where: str) -> list[LeaveOut]:
        keys = {"rule", "where", "why"}
        rules = [
            LeaveOut(rule["rule"], rule["where"], rule["why"]) for rule in entries if self._keys(rule, keys, keys, where=where)
        ]
        for rule in rules:
            if rule.rule == SUPERSEDED:
                self._wrong_at(where, f"{SUPERSEDED} is the rule of `newest`; choose another name.")
        return rules

    def _unnest(self, entry: Any, *, where: str) -> tuple[str, str] | None:
        if entry is None:
            return None
        if not isinstance(entry, Mapping) or len(entry) != 1:
            self._wrong_at(where, "expected one name with the Spark SQL of an array, such as `line: items`.")
            return None
        ((name, expression),) = entry.items()
        return str(name), str(expression)

    def _newest(self, entry: Any, columns: Sequence[RawColumn], *, where: str) -> Newest | None:
        if entry is None or not self._keys(entry, {"of", "by"}, {"of", "by"}, where=where):
            return None
        newest = Newest(of=tuple([entry["of"]] if isinstance(entry["of"], str) else entry["of"]), by=entry["by"])
        for name in (*newest.of, newest.by):
            self._choice(name, tuple(column.name for column in columns), where=where)
        return newest

    def _keys(self, entry: Any, allowed: set[str], required: set[str], *, where: str) -> bool:
        """Whether `entry` is a mapping with all of `required`; keys besides `allowed` are told."""
        if not isinstance(entry, Mapping):
            self._wrong_at(where, f"expected keys ({', '.join(sorted(allowed))}), found {type(entry).__name__}.")
            return False
        for key in entry:
            if key not in allowed:
                near = difflib.get_close_matches(str(key), allowed, n=1)
                hint = f"did you mean {near[0]}?" if near else f"known keys: {', '.join(sorted(allowed))}."
                self._wrong_at(where, f"unknown key {key}; {hint}")
        lacking = sorted(required - set(entry))
        for key in lacking:
            self._wrong_at(where, f"lacks the key {key}; add it.")
        return not lacking

    def _choice(self, value: Any, choices: tuple[str, ...], *, where: str) -> bool:
        if value in choices:
            return True
        self._wrong_at(where, f"{value!r} is not known; choose one of {', '.join(choices)}.")
        return False

    def _wrong(self, problem: str) -> None:
        self._wrong_at(self.where, problem)

    def _wrong_at(self, where: str, problem: str) -> None:
        self.problems.append(f"{where}: {problem}")


def _items(entry: Mapping[str, Any]) -> Sequence[tuple[str, Any]]:
    columns = entry["columns"]
    return list(columns.items()) if isinstance(columns, Mapping) else []
