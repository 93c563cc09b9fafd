"""A source is a folder: `source.yaml` says what its files look like, one SELECT per canonical table what they mean."""

from __future__ import annotations

import difflib
import fnmatch
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Any

import yaml

from contracts.errors import LakeError

FORMATS = ("csv", "jsonl")
LOADS = ("append", "snapshot")
ENCODINGS = ("utf-8", "windows-1252", "iso-8859-1")
TYPES = ("string", "int", "bigint", "double", "boolean", "date", "timestamp")
COMPRESSED = ("", ".gz")
# SELECTs that any source may take by naming the table under `derive`.
SHARED = resources.files("glue_jobs") / "sources" / "_derived"


@dataclass(frozen=True)
class RawColumn:
    """One column of a file: its name, type (Spark SQL), date formats, other names it goes by."""

    name: str
    type: str = "string"
    formats: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    optional: bool = False
    description: str = ""


@dataclass(frozen=True)
class LeaveOut:
    """A stated reason to leave records out: those for which `where` (Spark SQL on the file's columns) is true."""

    rule: str
    where: str
    why: str


@dataclass(frozen=True)
class FileKind:
    """One kind of file that a source delivers.

    `records` names the canonical table of which every record becomes exactly one row; a kind without it is only looked up.
    `control_totals` maps a name to an aggregate (Spark SQL) over all records read, kept in the ledger.
    """

    name: str
    glob: tuple[str, ...]
    columns: tuple[RawColumn, ...]
    format: str = "csv"
    delimiter: str = ","
    quote: str = '"'
    encodings: tuple[str, ...] = ("utf-8",)
    header: bool = True
    load: str = "append"
    records: str | None = None
    leave_out: tuple[LeaveOut, ...] = ()
    control_totals: tuple[tuple[str, str], ...] = ()
    description: str = ""

    def accepts(self, filename: str) -> bool:
        """Whether a file of this name may be of this kind; `.gz` may follow any declared name."""
        return any(fnmatch.fnmatch(filename, pattern + end) for pattern in self.glob for end in COMPRESSED)


@dataclass(frozen=True)
class Source:
    """All that the lake knows of one source; `selects` maps canonical table to its SQL."""

    name: str
    title: str
    timezone: str
    kinds: Mapping[str, FileKind]
    selects: Mapping[str, str]
    text: str

    def fingerprint(self, *promises: str) -> str:
        """Changes when the source's files, or the given promises (contract texts, settings), change."""
        parts = [self.text, *(f"{table}\n{sql}" for table, sql in sorted(self.selects.items())), *promises]
        return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:16]

    def kind_of(self, filename: str) -> FileKind:
        """The one kind that accepts a file of this name, or LakeError saying which names are expected."""
        found = [kind for kind in self.kinds.values() if kind.accepts(filename)]
        if len(found) == 1:
            return found[0]
        expected = "; ".join(f"{kind.name}: {', '.join(kind.glob)}" for kind in self.kinds.values())
        problem = "fits no kind of file" if not found else f"fits {' and '.join(kind.name for kind in found)}"
        raise LakeError(f"{filename}: {problem} of {self.name} ({expected}); name the kind with --kind or mend source.yaml.")


def source_names(folder: Traversable) -> list[str]:
    """The names of all source folders."""
    return sorted(entry.name for entry in folder.iterdir() if entry.is_dir() and (entry / "source.yaml").is_file())


def load_source(folder: Traversable, name: str) -> Source:
    """Reads one source folder; LakeError names the file and key of whatever is wrong."""
    known = source_names(folder)
    if name not in known:
        near = difflib.get_close_matches(name, known, n=1)
        hint = f"did you mean {near[0]}?" if near else f"known sources: {', '.join(known)}."
        raise LakeError(f"{name}: there is no such source; {hint}")
    text = (folder / name / "source.yaml").read_text(encoding="utf-8")
    where = f"{name}/source.yaml"
    try:
        document = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise LakeError(f"{where}: not valid YAML: {' '.join(str(error).split())}") from None
    own = [entry for entry in (folder / name).iterdir() if entry.name.endswith(".sql")]
    selects = {entry.name.removesuffix(".sql"): entry.read_text(encoding="utf-8") for entry in own}
    return _source(document, name=name, where=where, text=text, selects=selects)


def _source(document: Any, *, name: str, where: str, text: str, selects: Mapping[str, str]) -> Source:
    _keys(document, {"title", "timezone", "files", "derive"}, {"title", "files"}, where=where)
    shared = {entry.name.removesuffix(".sql"): entry for entry in SHARED.iterdir() if entry.name.endswith(".sql")}
    for table in document.get("derive", []):
        _choice(table, tuple(sorted(shared)), where=f"{where}: derive")
    selects = {**{table: shared[table].read_text(encoding="utf-8") for table in document.get("derive", [])}, **selects}
    kinds = {kind: _kind(kind, entry, where=f"{where}: files.{kind}") for kind, entry in document["files"].items()}
    records = [kind.records for kind in kinds.values() if kind.records]
    for table in records:
        if table not in selects:
            raise LakeError(f"{where}: records: {table} needs {name}/{table}.sql, which is not there; write it or mend the name.")
        if records.count(table) > 1:
            raise LakeError(f"{where}: records: {table} is named by two kinds; one table takes its records from one kind.")
    return Source(
        name=name,
        title=document["title"],
        timezone=document.get("timezone", "UTC"),
        kinds=kinds,
        selects=selects,
        text=text,
    )


def _kind(name: str, entry: Any, *, where: str) -> FileKind:
    allowed = {field.name for field in fields(FileKind)} - {"name"}
    _keys(entry, allowed, {"glob", "columns"}, where=where)
    for key, choices in (("format", FORMATS), ("load", LOADS)):
        _choice(entry.get(key, choices[0]), choices, where=f"{where}.{key}")
    encodings = tuple(entry.get("encodings", ["utf-8"]))
    for encoding in encodings:
        _choice(encoding, ENCODINGS, where=f"{where}.encodings")
    columns = tuple(_column(key, value or {}, where=f"{where}.columns.{key}") for key, value in entry["columns"].items())
    leave_out = []
    for rule in entry.get("leave_out", []):
        _keys(rule, {"rule", "where", "why"}, {"rule", "where", "why"}, where=f"{where}.leave_out")
        leave_out.append(LeaveOut(**rule))
    plain = {
        key: entry[key] for key in ("format", "delimiter", "quote", "header", "load", "records", "description") if key in entry
    }
    globs = [entry["glob"]] if isinstance(entry["glob"], str) else entry["glob"]
    return FileKind(
        name=name,
        glob=tuple(globs),
        columns=columns,
        encodings=encodings,
        leave_out=tuple(leave_out),
        control_totals=tuple(entry.get("control_totals", {}).items()),
        **plain,
    )


def _column(name: str, entry: Any, *, where: str) -> RawColumn:
    _keys(entry, {field.name for field in fields(RawColumn)} - {"name"}, set(), where=where)
    kind = str(entry.get("type", "string"))
    if not kind.startswith("decimal("):
        _choice(kind, TYPES, where=f"{where}.type")
    lists = {key: tuple(entry[key]) for key in ("formats", "aliases") if key in entry}
    return RawColumn(**{**entry, **lists, "name": name, "type": kind})


def _keys(entry: Any, allowed: set[str], required: set[str], *, where: str) -> None:
    if not isinstance(entry, Mapping):
        raise LakeError(f"{where}: expected keys ({', '.join(sorted(allowed))}), found {type(entry).__name__}.")
    for key in entry:
        if key not in allowed:
            near = difflib.get_close_matches(str(key), allowed, n=1)
            hint = f"did you mean {near[0]}?" if near else f"known keys: {', '.join(sorted(allowed))}."
            raise LakeError(f"{where}: unknown key {key}; {hint}")
    for key in sorted(required - set(entry)):
        raise LakeError(f"{where}: lacks the key {key}; add it.")


def _choice(value: Any, choices: tuple[str, ...], *, where: str) -> None:
    if value not in choices:
        raise LakeError(f"{where}: {value!r} is not known; choose one of {', '.join(choices)}.")
