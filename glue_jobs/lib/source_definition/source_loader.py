"""Reads source folders: `source.yaml` and its SELECTs become a Source, or a list of everything that is wrong with them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from importlib import resources
from importlib.resources.abc import Traversable

from contracts.document import Node, read_document, read_text, suggest
from contracts.errors import SourceError, UsageError
from glue_jobs.lib.source_definition.dialect import check_typed, declared_encodings, dialect, skipped_lines, with_instants
from glue_jobs.lib.source_definition.source import (
    DECIMALS,
    FORMATS,
    INGEST_DATE,
    LOADS,
    NESTED,
    SUPERSEDED,
    TYPED_FORMATS,
    TYPES,
    FileKind,
    LeaveOut,
    Newest,
    RawColumn,
    Source,
    is_absolute,
    swapped,
)

# SELECTs that any source may use by listing the table under `derive`.
SHARED = resources.files("glue_jobs") / "sources" / "_derived"
_EXAMPLE = "write `title:` and `files:`; docs/bring-your-own-shop.md shows a complete one."
# Spark's planner takes more than a minute for so many.
MOST_COLUMNS = 1_000
_CHOICES = {"format": FORMATS, "load": LOADS, "decimal": DECIMALS}
_TEXTS = ("records", "description", "sheet")


def source_names(folder: Traversable) -> list[str]:
    """The names of all source folders."""
    return sorted(entry.name for entry in folder.iterdir() if entry.is_dir() and (entry / "source.yaml").is_file())


def load_source(folder: Traversable, name: str) -> Source:
    """The source in `folder`/`name`; LakeError names the file and key of the first problem."""
    known = source_names(folder)
    if name not in known:
        raise UsageError(f"{name}: there is no such source; {suggest(name, known)}")
    source, problems = read_source(folder / name, name)
    if source is None or problems:
        raise SourceError(problems[0])
    return source


def read_source(folder: Traversable, name: str) -> tuple[Source | None, list[str]]:
    """The source as far as it can be read, and one sentence for each problem in its files."""
    where = f"{name}/source.yaml"
    if not (folder / "source.yaml").is_file():
        return None, [f"{where}: there is no such file; add one that describes the source's files."]
    loader = SourceLoader(name)
    source = None
    with loader.collecting():
        text = read_text(folder / "source.yaml", where=where, error=SourceError, remedy="check its permissions.")
        document = read_document(text, where=where, error=SourceError, example=_EXAMPLE)
        source = loader.source(document, text=text, selects=_selects(folder, name))
    return source, loader.problems


def _selects(folder: Traversable, name: str) -> dict[str, str]:
    return {
        entry.name.removesuffix(".sql"): read_text(
            entry, where=f"{name}/{entry.name}", error=SourceError, remedy="check its permissions."
        )
        for entry in folder.iterdir()
        if entry.name.endswith(".sql")
    }


@dataclass
class SourceLoader:
    """Reads one source.yaml. Each part is read on its own, so that `problems` lists the first problem of every part."""

    name: str
    problems: list[str] = field(default_factory=list)

    @contextmanager
    def collecting(self) -> Iterator[None]:
        """Adds a problem found in this part to the list and goes on."""
        try:
            yield
        except SourceError as error:
            self.problems.append(str(error))

    def source(self, root: Node, *, text: str, selects: dict[str, str]) -> Source | None:
        with self.collecting():
            root.only("title", "timezone", "complete_history", "files", "derive")
        title, zone, complete = "", "UTC", False
        with self.collecting():
            title = root.prose("title", "say in a few words what the source is.")
            zone = root.optional("timezone", str) or zone
            complete = root.optional("complete_history", bool) or complete
        if "files" not in root.content:
            with self.collecting():
                root.refuse("files", "is missing; describe at least one kind of file.")
        selects = {**self._shared(root), **selects}
        kinds: dict[str, FileKind] = {}
        with self.collecting():
            files = root.child("files")
            for name in files.names():
                with self.collecting():
                    kinds[name] = self._kind(name, files.child(name))
        self._check_records(root, list(kinds.values()), selects)
        if not title or not kinds:
            return None
        return Source(
            name=self.name,
            title=title,
            timezone=zone,
            kinds=kinds,
            selects=selects,
            text=text,
            complete_history=complete,
        )

    def _shared(self, root: Node) -> dict[str, str]:
        shared = {entry.name.removesuffix(".sql"): entry for entry in SHARED.iterdir() if entry.name.endswith(".sql")}
        chosen: list[str] = []
        with self.collecting():
            for table in root.texts("derive"):
                root.one_of("derive", tuple(shared), table)
                chosen.append(table)
        return {table: shared[table].read_text(encoding="utf-8") for table in chosen}

    def _check_records(self, root: Node, kinds: Sequence[FileKind], selects: dict[str, str]) -> None:
        for kind in kinds:
            table, key = kind.records, f"files.{kind.name}.records"
            with self.collecting():
                if table and table not in selects:
                    root.refuse(key, f"is {table}, but {self.name}/{table}.sql does not exist; write it or fix the name.")

    def _kind(self, name: str, node: Node) -> FileKind:
        with self.collecting():
            node.only(*[field.name for field in fields(FileKind) if field.name != "name"])
        _check_number(node)
        plain: dict[str, str] = {}
        for key in (*_CHOICES, *_TEXTS):
            with self.collecting():
                value = node.one_of(key, _CHOICES[key]) if key in _CHOICES else node.optional(key, str)
                plain |= {key: value} if value is not None else {}
        if "glob" not in node.content:
            node.refuse("glob", 'is missing; write the pattern of its file names, such as "*.csv".')
        if "columns" not in node.content:
            node.refuse("columns", "is missing; name the columns that its files have.")
        with self.collecting():
            plain |= dialect(node)
        form = plain.get("format", "csv")
        with self.collecting():
            check_typed(node, form)
        columns = self._columns(node.child("columns"), nested=TYPED_FORMATS.get(form, form) != "csv")
        if form in TYPED_FORMATS and TYPED_FORMATS[form] != "csv":
            columns = tuple(map(with_instants, columns))
        totals = node.child("control_totals")
        return FileKind(
            name=name,
            glob=node.texts("glob", or_one=True),
            columns=columns,
            encodings=declared_encodings(node),
            header=True if (header := node.optional("header", bool)) is None else header,
            skip=skipped_lines(node),
            nulls=node.texts("nulls") if "nulls" in node.content else None,
            parts=node.optional("parts", bool) or False,
            leave_out=tuple(_leave_out(rule) for rule in node.children("leave_out", "rule")),
            control_totals=tuple((total, totals.required(total, "")) for total in totals.names()),
            unnest=_unnest(node),
            newest=_newest(node, [column.name for column in columns]),
            **plain,
        )

    def _columns(self, node: Node, *, nested: bool) -> tuple[RawColumn, ...]:
        columns: list[RawColumn] = []
        for name in node.names():
            with self.collecting():
                columns.append(_column(name, node.child(name, nullable=True), nested=nested))
        return tuple(columns)


def _check_number(node: Node) -> None:
    number = len(node.child("columns").content)
    if number > MOST_COLUMNS:
        node.refuse(
            "columns",
            f"has {number:,} columns, more than {MOST_COLUMNS:,}; declare those that the SELECTs read; a file may have more.",
        )


def _column(name: str, node: Node, *, nested: bool) -> RawColumn:
    node.only(*[field.name for field in fields(RawColumn) if field.name != "name"])
    kind = node.optional("type", str) or "string"
    if not (kind.startswith("decimal(") or (nested and NESTED.fullmatch(kind))):
        node.one_of("type", TYPES)
    formats = node.texts("formats")
    if len({is_absolute(pattern) for pattern in formats}) > 1:
        node.refuse("formats", "mixes instants with wall clocks; declare two columns, or use one kind of format.")
    for pattern in formats:
        if (other := swapped(pattern)) in formats:
            node.refuse("formats", f"has {pattern!r} and {other!r}, which read 3/4 as different days; declare a kind for each.")
    return RawColumn(
        name=name,
        type=kind,
        formats=formats,
        aliases=node.texts("aliases"),
        optional=node.optional("optional", bool) or False,
        description=node.optional("description", str) or "",
    )


def _leave_out(node: Node) -> LeaveOut:
    node.only("rule", "where", "why")
    rule = node.required("rule", "name the rule.")
    if rule == SUPERSEDED:
        node.refuse("rule", f"is {SUPERSEDED}, the rule of `newest`; choose another name.")
    where = node.required("where", "write the Spark SQL boolean that is true for records to filter out.")
    return LeaveOut(rule, where, node.required("why", "give the reason."))


def _unnest(node: Node) -> tuple[str, str] | None:
    if "unnest" not in node.content:
        return None
    child = node.child("unnest")
    names = list(child.names())
    if len(names) != 1:
        node.refuse("unnest", "must be one name with the Spark SQL of an array; write it as in `line: items`.")
    return names[0], child.required(names[0], "")


def _newest(node: Node, columns: Sequence[str]) -> Newest | None:
    if "newest" not in node.content:
        return None
    child = node.child("newest").only("of", "by")
    if "of" not in child.content:
        child.refuse("of", "is missing; name the columns that identify a record.")
    newest = Newest(of=child.texts("of", or_one=True), by=child.required("by", "name the column that orders the versions."))
    for name in newest.of:
        child.one_of("of", columns, name)
    child.one_of("by", (*columns, INGEST_DATE))
    return newest
