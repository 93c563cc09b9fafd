"""Text encodings that a source may declare, and those that the first bytes of a file show."""

from __future__ import annotations

from collections.abc import Sequence

# Other names of an encoding; Java and Python both know the names on the right.
ALIASES = {
    "utf8": "utf-8",
    "ascii": "utf-8",
    "latin-1": "iso-8859-1",
    "latin-2": "iso-8859-2",
    **{f"cp125{page}": f"windows-125{page}" for page in range(9)},
}
WIDE = ("utf-16", "utf-16le", "utf-16be")
ENCODINGS = (
    "utf-8",
    *WIDE,
    *(f"windows-125{page}" for page in range(9)),
    *(f"iso-8859-{part}" for part in (1, 2, 5, 7, 9, 15)),
    *("shift_jis", "euc-jp", "gb18030", "gbk", "big5", "euc-kr", "koi8-r", "ibm437", "ibm850", "ibm852"),
)
BOM = "\ufeff"
BOM_BYTES = BOM.encode()
# Whatever the source declares, these first bytes are a byte order mark.
WIDE_MARKS = {b"\xff\xfe": "utf-16le", b"\xfe\xff": "utf-16be"}


def wide_encoding(encodings: Sequence[str], beginning: bytes) -> str | None:
    """The UTF-16 encoding of a file that begins with these bytes; None if it is text of another encoding."""
    if mark := WIDE_MARKS.get(beginning[:2]):
        return mark
    if encodings[0] not in WIDE:
        return None
    return "utf-16le" if encodings[0] == "utf-16" else encodings[0]


def decode_line(line: bytes, encodings: Sequence[str]) -> str:
    """The line in the first encoding that fits; UnicodeDecodeError if none does."""
    for encoding in encodings[:-1]:
        try:
            return line.decode(encoding)
        except UnicodeDecodeError:
            continue
    return line.decode(encodings[-1])
