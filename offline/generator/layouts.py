"""Layouts: their file kinds, and how a day becomes lines of text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from offline.generator.columns import Text
from offline.generator.plan import IntArray
from offline.generator.shop import Day


@dataclass(frozen=True, kw_only=True)
class FileKind:
    """A file kind: its columns, and which of them a planted bad row may break.

    `sample` is a realistic row with its own id. The placeholders {n} (a number), {date}, {clock} and {product} are filled in.
    """

    name: str
    columns: tuple[str, ...]
    sample: tuple[str, ...]
    time: str
    text: str
    price: str | None = None
    type: str | None = None
    product: str | None = None

    @property
    def header(self) -> bytes:
        return (",".join(self.columns) + "\n").encode()


class Layout(Protocol):
    """One way to write the shop as files."""

    @property
    def kinds(self) -> tuple[FileKind, ...]: ...

    def lines(self, day: Day) -> dict[str, Text]:
        """The good lines of each kind of file, newline included."""

    def user_ids(self) -> list[str]:
        """The id of every user, by index."""

    def session_ids(self, session: IntArray) -> list[str]:
        """The ids of these sessions."""

    def order_ids(self, order: IntArray, /) -> list[str]:
        """The ids of these orders; empty where the layout has no orders."""


def sessions_of(session: IntArray, user: IntArray) -> tuple[IntArray, IntArray, IntArray]:
    """The distinct sessions, the user of each, and the row of each event among them."""
    distinct, first, row = np.unique(session, return_index=True, return_inverse=True)
    return distinct, user[first], row
