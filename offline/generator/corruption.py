"""Planted bad rows, and good rows that are duplicated or late.

Bad rows are made up and have their own ids, so no good row depends on them.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np

from offline.generator.catalog import Catalog
from offline.generator.columns import Text
from offline.generator.layouts import FileKind
from offline.generator.plan import DAY, Plan

EXACT, LATE_COPY, LATE = "exact_duplicate", "late_duplicate", "late_row"
SHARE = 0.0002  # share of a day's rows, per kind of error
DELAY = (1, 4)  # days of delay of a late row or duplicate


@dataclass(frozen=True)
class Edit:
    """At `row`, write `insert` first. `drop` omits the row itself, which is delivered on a later day."""

    row: int
    insert: bytes = b""
    drop: bool = False


def bad_kinds(kind: FileKind) -> tuple[str, ...]:
    """The kinds of errors that a row of this file kind can have."""
    return (
        "truncated_line",
        "impossible_date",
        "invalid_utf8",
        "too_many_columns",
        "blank_line",
        *(("non_numeric_price", "negative_price") if kind.price else ()),
        *(("unknown_type",) if kind.type else ()),
        *(("missing_product_id",) if kind.product else ()),
    )


class RowCorruptor:
    """Edits for one file kind. Remembers rows that are delivered late, for at most a few days."""

    def __init__(self, plan: Plan, kind: FileKind, catalog: Catalog, *, number: int) -> None:
        self._plan, self._kind, self._catalog, self._number = plan, kind, catalog, number
        self._later: dict[int, list[bytes]] = {}
        self.bad: Counter[str] = Counter(dict.fromkeys(bad_kinds(kind), 0))
        self.moved: Counter[str] = Counter({EXACT: 0, LATE_COPY: 0, LATE: 0})

    def edits(self, day: int, lines: Text) -> list[Edit]:
        """Each kind of error occurs at random, and at least once, on one of the first possible days."""
        rng = np.random.default_rng([*self._plan.rng("corruption", day).integers(0, 2**32, 4).tolist(), self._number])
        edits = [Edit(self._place(rng, lines), line) for line in self._later.pop(day, [])]
        for position, name in enumerate(self.bad):
            due = day >= position % self._plan.days
            for _ in range(self._times(rng, lines, seen=self.bad[name], due=due)):
                self.bad[name] += 1
                edits.append(Edit(self._place(rng, lines), self._bad_row(rng, name, day)))
        if len(lines):
            edits += self._copies(rng, day, lines)
        # An insert before a row must precede the drop of that row.
        return sorted(edits, key=lambda edit: (edit.row, edit.drop))

    def _times(self, rng: np.random.Generator, lines: Text, *, seen: int, due: bool = True) -> int:
        return max(int(rng.poisson(SHARE * len(lines))), int(due and seen == 0))

    def _place(self, rng: np.random.Generator, lines: Text) -> int:
        return int(rng.integers(0, len(lines) + 1))

    def _copies(self, rng: np.random.Generator, day: int, lines: Text) -> list[Edit]:
        """Duplicates in the same file, duplicates on a later day, and rows that are only delivered late."""
        edits = []
        kinds = (EXACT, LATE_COPY, LATE) if self._kind.name == "events" else (EXACT, LATE_COPY)
        taken: set[int] = set()
        for name in kinds:
            for _ in range(self._times(rng, lines, seen=self.moved[name])):
                row = int(rng.integers(0, len(lines)))
                due = min(day + int(rng.integers(*DELAY)), self._plan.days - 1)
                if row in taken or (name != EXACT and due == day):
                    continue
                taken.add(row)
                self.moved[name] += 1
                line = lines[row].as_py().encode()
                if name == EXACT:
                    edits.append(Edit(int(rng.integers(row + 1, len(lines) + 1)), line))
                    continue
                self._later.setdefault(due, []).append(line)
                if name == LATE:
                    edits.append(Edit(row, drop=True))
        return edits

    def _bad_row(self, rng: np.random.Generator, name: str, day: int) -> bytes:
        if name == "blank_line":
            return b"\n"
        second = int(rng.integers(0, DAY))
        cells = dict(zip(self._kind.columns, self._kind.sample, strict=True)) | self._wrong(name)
        facts = {
            "n": sum(self.bad.values()),
            "date": self._plan.date(day).isoformat(),
            "clock": f"{second // 3600:02d}:{second // 60 % 60:02d}:{second % 60:02d}",
            "product": self._catalog.product_id[int(rng.integers(0, len(self._catalog)))],
        }
        row = ",".join(cells.values()).format(**facts)
        if name == "too_many_columns":
            row += ",surplus,surplus"
        if name == "truncated_line":
            # Always short of the last comma, so that no reader can take it for a whole row.
            row = row[: int(rng.integers(row.index(",") + 3, row.rindex(",")))]
        # A Latin-1 letter, as an export in the wrong encoding has it, is not UTF-8.
        return row.encode("latin-1") + b"\n"

    def _wrong(self, name: str) -> dict[str, str]:
        """The cells that one kind of bad row has instead of believable ones."""
        kind = self._kind
        sample = kind.sample[kind.columns.index(kind.time)]
        never = sample.replace("{date}", f"{self._plan.start.year:04d}-02-30")
        wrong = {
            "non_numeric_price": (kind.price, "ask us"),
            "negative_price": (kind.price, "-19.99"),
            "unknown_type": (kind.type, "teleport"),
            "missing_product_id": (kind.product, ""),
            "impossible_date": (kind.time, never),
            "invalid_utf8": (kind.text, "caf\xe9-{n}"),
        }
        column, cell = wrong.get(name, (None, ""))
        return {column: cell} if column else {}
