"""A source is a folder: `source.yaml` describes its files, and one SELECT per canonical table maps them."""

from __future__ import annotations

import fnmatch
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass

from contracts.errors import SourceError
from glue_jobs.lib.source_definition.file_names import PACKED, usual_suffix

# Formats in which values have types, and how their records are written as text. FORMATS are those that are text themselves.
TYPED_FORMATS = {"xlsx": "csv", "parquet": "jsonl", "avro": "jsonl"}
# Of json and jsonl the bytes decide which it is; a file of `json` is read by one task.
FORMATS = ("csv", "jsonl", "json", *TYPED_FORMATS)
# The pattern of instants in files of JSON that were Parquet or Avro.
INSTANT = "yyyy-MM-dd'T'HH:mm:ss.SSSSSSX"
# A line break within a cell, until the record is parsed: XML cannot contain this character.
LINE_BREAK = "\x1e"
# What a cell shows where its formula failed.
CELL_ERRORS = ("#DIV/0!", "#N/A", "#NAME?", "#NULL!", "#NUM!", "#REF!", "#VALUE!")
LOADS = ("append", "snapshot")
TYPES = ("string", "int", "bigint", "double", "boolean", "date", "timestamp")
NUMBERS = ("int", "bigint", "double")
NESTED = re.compile(r"(array|struct|map)<.+>")
DECIMALS = (".", ",")
# Timestamp formats that are independent of the source's time zone: seconds since 1970, and patterns with an offset.
EPOCHS = ("epoch_s", "epoch_ms", "epoch_us")
# What exporters write for no value in CSV; a source may declare others under `nulls`.
NULL_WORDS = ("NULL", "null", "\\N", "NaN", "nan", "None", "N/A", "n/a", "#N/A", "<NA>", "-")
OFFSET = re.compile(r"[XxZVzO]|'Z'|'UTC'|' UTC'")
NUMERIC_DAY = re.compile(r"(d{1,2}|M{1,2})([/.-])(d{1,2}|M{1,2})(.*)")
# The day of delivery; with the time of the file it orders versions that have no time of their own.
INGEST_DATE = "_ingest_date"
# The rule that filters older versions of a record.
SUPERSEDED = "superseded"


@dataclass(frozen=True)
class RawColumn:
    """One column of a file: its name, type (Spark SQL), date formats, other names it goes by.

    In files of JSON a type may be nested: array<…>, struct<…>, map<…>.
    """

    name: str
    type: str = "string"
    formats: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    optional: bool = False
    description: str = ""

    @property
    def is_nested(self) -> bool:
        return NESTED.fullmatch(self.type) is not None

    @property
    def is_number(self) -> bool:
        return self.type in NUMBERS or self.type.startswith("decimal(")

    @property
    def is_absolute(self) -> bool:
        """Whether its formats denote instants; otherwise its values are local times."""
        return bool(self.formats) and all(is_absolute(pattern) for pattern in self.formats)


def is_absolute(pattern: str) -> bool:
    """Whether a timestamp format denotes an instant rather than a local time of the source."""
    unquoted = re.sub(r"'[^']*'", lambda quoted: quoted[0] if OFFSET.fullmatch(quoted[0]) else "", pattern)
    return pattern in EPOCHS or OFFSET.search(unquoted) is not None


def swapped(pattern: str) -> str | None:
    """A pattern with day and month the other way round; None if it does not begin with both as numbers."""
    match = NUMERIC_DAY.fullmatch(pattern)
    if not match or match[1][0] == match[3][0]:
        return None
    return f"{match[3]}{match[2]}{match[1]}{match[4]}"


@dataclass(frozen=True)
class LeaveOut:
    """A rule that filters the records for which `where` (Spark SQL on the file's columns) is true."""

    rule: str
    where: str
    why: str


@dataclass(frozen=True)
class Newest:
    """Of the records that share the columns `of`, only those with the greatest value of `by` count: the last version."""

    of: tuple[str, ...]
    by: str


@dataclass(frozen=True)
class FileKind:
    """One kind of file that a source delivers.

    `records` names the canonical table of which every record becomes exactly one row; a kind without it is only looked up.
    Several kinds may fill one table.
    `unnest` names an array (Spark SQL on the file's columns): each of its elements then becomes a record of its own.
    `decimal` is the decimal mark of its numbers; with a comma, points part thousands. `quote` is empty if nothing is quoted.
    `skip` lines come before the header, or before the first record. `nulls` are the words for no value, in addition to blank
    text. `sheet` is that of a workbook. `parts` says that all files of one day are one snapshot.
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
    skip: int = 0
    nulls: tuple[str, ...] | None = None
    sheet: str = ""
    parts: bool = False
    load: str = "append"
    records: str | None = None
    decimal: str = "."
    unnest: tuple[str, str] | None = None
    newest: Newest | None = None
    leave_out: tuple[LeaveOut, ...] = ()
    control_totals: tuple[tuple[str, str], ...] = ()
    description: str = ""

    @property
    def left_out_by(self) -> list[str]:
        """The names of the rules that may filter its records."""
        return [*[rule.rule for rule in self.leave_out], *([SUPERSEDED] if self.newest else [])]

    @property
    def null_words(self) -> tuple[str, ...]:
        return self.nulls if self.nulls is not None else NULL_WORDS if self.layout == "csv" else ()

    @property
    def is_typed(self) -> bool:
        """Whether its values have types of their own, so that its files are converted to text."""
        return self.format in TYPED_FORMATS

    @property
    def layout(self) -> str:
        """How the text of its records is written: csv, jsonl or json."""
        return TYPED_FORMATS.get(self.format, self.format)

    def accepts(self, filename: str) -> bool:
        """Whether a file of this name may be of this kind, in small or capital suffixes; those of PACKED may follow."""
        name = usual_suffix(filename)
        return any(fnmatch.fnmatch(name, usual_suffix(pattern) + end) for pattern in self.glob for end in PACKED)


@dataclass(frozen=True)
class Source:
    """The definition of one source; `selects` maps each canonical table to its SQL.

    With `complete_history` its data begin with the shop itself; otherwise there were customers before.
    """

    name: str
    title: str
    timezone: str
    kinds: Mapping[str, FileKind]
    selects: Mapping[str, str]
    text: str
    complete_history: bool = False

    def fingerprint(self, *others: str) -> str:
        """Changes with the source's files and with `others` (contract texts, settings)."""
        parts = [self.text, *(f"{table}\n{sql}" for table, sql in sorted(self.selects.items())), *others]
        return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:16]

    def filling(self, table: str) -> list[FileKind]:
        """The kinds whose records become rows of a table; none if it is derived from other tables."""
        return [kind for kind in self.kinds.values() if kind.records == table]

    def kind_of(self, filename: str) -> FileKind:
        """The kind that accepts a file of this name; LakeError lists the expected names if there is not exactly one."""
        kinds = [kind for kind in self.kinds.values() if kind.accepts(filename)]
        if len(kinds) == 1:
            return kinds[0]
        expected = "; ".join(f"{kind.name}: {', '.join(kind.glob)}" for kind in self.kinds.values())
        problem = "fits no kind of file" if not kinds else f"fits {' and '.join(kind.name for kind in kinds)}"
        raise SourceError(f"{filename}: {problem} of {self.name} ({expected}); name the kind with --kind or fix source.yaml.")
