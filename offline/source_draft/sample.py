"""Reads the beginning of a file and describes what is in it: format, delimiter, encoding, columns and their types."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import duckdb

from contracts.errors import SourceError
from glue_jobs.lib.source_definition.encodings import WIDE_MARKS
from offline.athena.paths import path_literal
from offline.source_draft.beginning import SAMPLE_BYTES, Beginning
from offline.source_draft.values import ValueType, type_of

MAX_DISTINCT = 50
SHAPELESS = ValueType(note="objects of different shapes; declare a type such as map<string,string>")
# A draft needs the good lines only; `land` and `run` account for the others.
LENIENT = "null_padding = true, ignore_errors = true"
JSON_TYPES = {
    "bigint": "bigint",
    "ubigint": "bigint",
    "hugeint": "decimal(38,0)",
    "double": "decimal(18,4)",
    "boolean": "boolean",
}


@dataclass(frozen=True)
class SampledColumn:
    """A column; `values` are its distinct values if they are few, `is_unique` that every record has another one.

    `fields` are names and Spark types inside an object, or inside the objects of a list.
    """

    name: str
    value_type: ValueType
    is_unique: bool = False
    values: tuple[str, ...] = ()
    fields: tuple[tuple[str, str], ...] = ()

    @property
    def is_list(self) -> bool:
        return self.value_type.type.startswith("array<")

    @property
    def is_nested(self) -> bool:
        return "<" in self.value_type.type


@dataclass(frozen=True)
class SampledFile:
    """A file as source.yaml describes it; `sheets` are those of a workbook, of which the first was read."""

    path: Path
    format: str
    encoding: str
    columns: tuple[SampledColumn, ...]
    rows: int
    delimiter: str = ","
    quote: str = '"'
    header: bool = True
    sheets: tuple[str, ...] = ()

    @property
    def decimal(self) -> str:
        return "," if any(column.value_type.comma for column in self.columns) else "."


def sample(path: Path, beginning: Beginning) -> SampledFile:
    """Describes a file from its beginning. SourceError if it is no text or has no records."""
    text, encoding = _decoded(beginning.content)
    if "\0" in text:
        raise SourceError(
            f"{path.name}: contains zero bytes, so it is binary, or UTF-16 without a byte order mark; "
            "export it as CSV or JSON in UTF-8."
        )
    if not text.strip():
        raise SourceError(f"{path.name}: the file is empty; give a file with some records.")
    with (
        tempfile.TemporaryDirectory() as folder,
        duckdb.connect(":memory:", config={"autoinstall_known_extensions": "false"}) as db,
    ):
        copy = Path(folder) / "sample"
        copy.write_text(text, encoding="utf-8")
        try:
            is_json = text.lstrip()[0] in "[{" and beginning.format != "xlsx"
            sampled = _json(db, path, copy, text.lstrip(), encoding) if is_json else _csv(db, path, copy, encoding)
            return _with_types(sampled, beginning) if beginning.format else sampled
        except duckdb.Error as error:
            reason = str(error).strip().splitlines()[0].rstrip(".")
            raise SourceError(f"{path.name}: no table was recognized ({reason}); write its source.yaml by hand.") from None


def _with_types(file: SampledFile, beginning: Beginning) -> SampledFile:
    """A file of a format with types: its times need no formats, unless they are text in a workbook."""
    columns = []
    for column in file.columns:
        kept = tuple(pattern for pattern in column.value_type.formats if beginning.format == "xlsx" and pattern[0] != "y")
        columns.append(replace(column, value_type=replace(column.value_type, formats=kept)))
    return replace(file, format=beginning.format, columns=tuple(columns), sheets=beginning.sheets)


def _decoded(content: bytes) -> tuple[str, str]:
    """The whole lines of a sample, and the encoding to declare: none for UTF-16, which its byte order mark shows."""
    if mark := WIDE_MARKS.get(content[:2]):
        text = content[2:].decode(mark, errors="ignore" if len(content) >= SAMPLE_BYTES else "replace")
        return text if len(content) < SAMPLE_BYTES else text[: text.rfind("\n") + 1], "utf-8"
    whole = content if len(content) < SAMPLE_BYTES else content[: content.rfind(b"\n") + 1]
    try:
        return whole.decode("utf-8-sig"), "utf-8"
    except UnicodeDecodeError:
        return whole.decode("windows-1252", errors="replace"), "windows-1252"


def _csv(db: duckdb.DuckDBPyConnection, path: Path, copy: Path, encoding: str) -> SampledFile:
    sniffed = db.execute(
        f"select Delimiter, Quote, HasHeader from sniff_csv(?, sample_size = -1, {LENIENT})", [str(copy)]
    ).fetchone()
    delimiter, quote, header = sniffed or (",", '"', True)
    quote = quote if quote and quote != "(empty)" else '"'
    options = f"all_varchar = true, delim = ?, quote = ?, header = ?, parallel = false, {LENIENT}"
    relation = db.execute(f"select * from read_csv(?, {options})", [str(copy), delimiter, quote, header])
    names = [column[0] for column in relation.description or ()]
    rows = relation.fetchall()
    columns = [_column(name, [row[place] for row in rows]) for place, name in enumerate(names)]
    return SampledFile(path, "csv", encoding, tuple(columns), len(rows), delimiter, quote, header)


def _json(db: duckdb.DuckDBPyConnection, path: Path, copy: Path, text: str, encoding: str) -> SampledFile:
    is_array = text.startswith("[") or "\n{" not in text.strip()
    reading = f"read_json({path_literal(copy)}, format = '{'auto' if is_array else 'newline_delimited'}'"
    described = db.execute(f"describe select * from {reading})").fetchall()
    types = {name: (str(kind), *_nested(db.type(kind))) for name, kind, *_ in described}
    # DuckDB would turn times into its own, so text stays as it is written.
    plain = [name for name, (_, spark_type, _) in types.items() if spark_type == "string"]
    written = {name: "VARCHAR" if name in plain else kind for name, (kind, *_) in types.items()}
    structure = ", ".join(f"{path_literal(name)}: {path_literal(kind)}" for name, kind in written.items())
    rows = db.execute(f"select * from {reading}, columns = {{{structure}}})").fetchall()
    columns = []
    for place, (name, (kind, spark_type, fields)) in enumerate(types.items()):
        if kind == "JSON" or kind.startswith("MAP("):
            columns.append(SampledColumn(name, SHAPELESS))
        elif fields or "<" in spark_type:
            columns.append(SampledColumn(name, ValueType(spark_type), fields=fields))
        else:
            columns.append(_column(name, [None if row[place] is None else str(row[place]) for row in rows]))
    return SampledFile(path, "json" if is_array else "jsonl", encoding, tuple(columns), len(rows))


def _nested(kind: Any) -> tuple[str, tuple[tuple[str, str], ...]]:
    """Spark's type for DuckDB's, with the fields of an object or of a list of objects. Times in them are text."""
    inner = kind.child if kind.id == "list" else kind
    fields = tuple((name, _nested(child)[0]) for name, child in inner.children) if inner.id == "struct" else ()
    element = f"struct<{','.join(f'{name}:{child}' for name, child in fields)}>" if fields else ""
    if kind.id == "list":
        return f"array<{element or _nested(inner)[0]}>", fields
    return element or JSON_TYPES.get(kind.id, "string"), fields


def _column(name: str, values: Sequence[str | None]) -> SampledColumn:
    present = [value.strip() for value in values if value is not None and value.strip()]
    distinct = dict.fromkeys(present)
    return SampledColumn(
        name,
        type_of(name, distinct),
        is_unique=len(distinct) == len(values) > 1,
        values=tuple(distinct) if len(distinct) <= MAX_DISTINCT else (),
    )
