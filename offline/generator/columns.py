"""Text columns, built a whole column at a time. An Arrow column of lines has the file's bytes in one buffer."""

from __future__ import annotations

from datetime import date
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from offline.generator.plan import DAY, IntArray

Text = Any  # a pyarrow string Array, or a str that applies to every row

_HEX = np.frombuffer(b"".join(f"{byte:02x}".encode() for byte in range(256)), dtype=np.uint8).reshape(256, 2)
_UUID_DASHES = np.array([8, 13, 18, 23])
_UUID_DIGITS = np.delete(np.arange(36), _UUID_DASHES)


def text(values: list[str]) -> Text:
    return pa.array(values, pa.large_string())


def concat(*parts: Text) -> Text:
    """Concatenate the parts row by row."""
    return pc.binary_join_element_wise(*(_large(part) for part in parts), _large(""))


def lines(*cells: Text) -> Text:
    """CSV lines of these cells, with newline. Cells that need quotes must have them already."""
    return concat(pc.binary_join_element_wise(*(_large(cell) for cell in cells), _large(",")), "\n")


def _large(part: Text) -> Text:
    return pa.scalar(part, pa.large_string()) if isinstance(part, str) else part


def integers(values: IntArray) -> Text:
    return pc.cast(pa.array(values), pa.large_string())


def numbered(prefix: str, values: IntArray, width: int) -> Text:
    """`prefix` followed by the zero-padded number."""
    return concat(prefix, pc.utf8_lpad(integers(values), width, "0"))


def money(cents: IntArray) -> Text:
    """Cents as `12.34`; must not be negative."""
    return concat(integers(cents // 100), ".", pc.utf8_lpad(integers(cents % 100), 2, "0"))


def clock(second: IntArray) -> Text:
    """`HH:MM:SS` of seconds since any midnight."""
    return _clock_faces().take(pa.array(second % DAY))


@cache
def _clock_faces() -> Text:
    return text([f"{s // 3600:02d}:{s // 60 % 60:02d}:{s % 60:02d}" for s in range(DAY)])


def instants(second: IntArray, *, first: date, between: str, after: str) -> Text:
    """Timestamps on any day, in seconds since midnight of `first`."""
    day, row = np.unique(second // DAY, return_inverse=True)
    dates = np.datetime_as_string(np.datetime64(first) + day.astype("timedelta64[D]"), unit="D")
    return concat(text(dates.tolist()).take(pa.array(row)), between, clock(second), after)


def uuids(number: IntArray, *, seed: int) -> Text:
    """A version-4-shaped UUID for each number: the same number and seed give the same UUID, on any day."""
    halves = np.stack([_mixed(2 * number, seed), _mixed(2 * number + 1, seed)], axis=1)
    raw = halves.astype(">u8").view(np.uint8).reshape(len(number), 16)
    raw[:, 6] = (raw[:, 6] & 0x0F) | 0x40
    raw[:, 8] = (raw[:, 8] & 0x3F) | 0x80
    letters = np.full((len(number), 36), ord("-"), dtype=np.uint8)
    letters[:, _UUID_DIGITS] = _HEX[raw].reshape(len(number), 32)
    offsets = np.arange(0, 36 * (len(number) + 1), 36, dtype=np.int64)
    return pa.LargeStringArray.from_buffers(len(number), pa.py_buffer(offsets), pa.py_buffer(letters))


def _mixed(number: IntArray, seed: int) -> npt.NDArray[np.uint64]:
    """SplitMix64 (Steele, Lea and Flood 2014): distinct inputs give distinct, random-looking outputs."""
    start = np.uint64((seed + 1) * 0xD1342543DE82EF95 % 2**64)
    z: npt.NDArray[np.uint64] = number.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15) + start
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


def quoted(value: str) -> str:
    """A CSV cell, quoted if needed."""
    if not any(letter in value for letter in ',"\r\n'):
        return value
    return '"' + value.replace('"', '""') + '"'
