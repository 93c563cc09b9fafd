"""What is suspicious in values that parse, or shows that others parse wrongly: counted, reported, or the end of the run."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from pyspark.sql import Column
from pyspark.sql import functions as F

from contracts.errors import SourceError
from glue_jobs.lib.conform.conditions import only_if
from glue_jobs.lib.conform.values import instant, quoted
from glue_jobs.lib.source_definition.source import FileKind, RawColumn, swapped

ROUNDED, SCIENTIFIC, SWAPPED = "_rounded", "_scientific", "_day_month_swapped"


def suspicions(kind: FileKind, present: Sequence[RawColumn]) -> list[tuple[str, Column]]:
    """Names and conditions, over the text in `_fields` and the values in `_typed_<name>`."""
    found: list[tuple[str, Column]] = []
    # Few records have it anywhere, so most columns are never asked.
    has_exponent = F.col("_text").contains("E+")
    for column in present:
        text = f"trim(_fields.{quoted(column.name)})"
        if column.type == "string" and kind.layout == "csv":
            is_scientific = only_if(has_exponent, F.expr(rf"{text} rlike '^[0-9]([.,][0-9]+)?E[+][0-9]+$'"))
            found.append((f"{column.name}{SCIENTIFIC}", is_scientific))
        elif column.type.startswith("decimal("):
            found.append((f"{column.name}{ROUNDED}", F.expr(_is_rounded(kind, column, text))))
        elif other := [pattern for pattern in map(swapped, column.formats) if pattern]:
            missing = F.col(quoted(f"_typed_{column.name}")).isNull()
            tried = ", ".join(instant(text, pattern) for pattern in other)
            found.append((f"{column.name}{SWAPPED}", missing & F.expr(f"coalesce({tried}) is not null")))
    return found


def check(kind: FileKind, counts: Mapping[str, int], *, source: str) -> None:
    """SourceError if a date column has values that fit only the other order of day and month."""
    for column in kind.columns:
        if count := counts.get(f"{column.name}{SWAPPED}"):
            other = next(filter(None, map(swapped, column.formats)), "")
            where = f"{source}: files.{kind.name}.columns.{column.name}"
            raise SourceError(
                f"{where}: {count} values fit {other!r} and none of the declared formats, "
                "so those that fit both may be read with day and month exchanged; nothing was committed. Declare the order that "
                "the files have, as kinds of their own if they differ, or export the dates as yyyy-MM-dd."
            )


def notices(kind: FileKind, counts: Mapping[str, int]) -> list[str]:
    """Sentences about columns that a spreadsheet has destroyed."""
    return [
        f"{kind.name}.{column.name}: {count} values are written as 5.31E+11, as Excel does with long numbers; their digits "
        "are lost. Export the file again without opening it in Excel."
        for column in kind.columns
        if (count := counts.get(f"{column.name}{SCIENTIFIC}"))
    ]


def _is_rounded(kind: FileKind, column: RawColumn, text: str) -> str:
    """Whether a decimal has digits beyond the scale of its type."""
    scale = int(re.findall(r"[0-9]+", column.type)[-1])
    beyond = f"{text} rlike '[{kind.decimal}][0-9]{{{scale}}}[0-9]*[1-9][0-9]*$'"
    return f"instr({text}, '{kind.decimal}') > 0 and length({text}) - instr({text}, '{kind.decimal}') > {scale} and {beyond}"
