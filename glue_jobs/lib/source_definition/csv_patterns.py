"""Regular expressions over CSV text by RFC 4180, for Java and Python alike.

A quote opens a field only at its beginning. Within a quoted field two quotes are one, and line breaks belong to the field.
Text after the closing quote is accepted within one line, as parsers do, but not in a record that spans lines: there it shows
that a closing quote is missing. Quantifiers are possessive, so that long fields cost neither stack nor backtracking.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property


@dataclass(frozen=True)
class CsvPatterns:
    """Patterns for one delimiter and quote."""

    delimiter: str
    quote: str

    @cached_property
    def _plain(self) -> str:
        """The rest of a field up to its delimiter."""
        return f"(?:(?!{self._delimiter})[\\s\\S])*+" if len(self.delimiter) > 1 else f"[^{self._delimiter}]*+"

    @cached_property
    def _delimiter(self) -> str:
        return re.escape(self.delimiter)

    @cached_property
    def _inside(self) -> str:
        """What follows an opening quote, up to the closing one."""
        quote = re.escape(self.quote)
        return f"(?:[^{quote}]++|{quote}{quote})*+"

    @cached_property
    def _field(self) -> str:
        quote = re.escape(self.quote)
        return f"(?:{quote}{self._inside}{quote}{self._plain}|(?!{quote}){self._plain})"

    @cached_property
    def opens(self) -> str:
        """A line that begins a record and ends within quotes."""
        return rf"\A(?:{self._field}{self._delimiter})*+{re.escape(self.quote)}{self._inside}(?![\s\S])"

    @cached_property
    def stays_open(self) -> str:
        """A line that begins within quotes and ends within quotes."""
        quote = re.escape(self.quote)
        reopened = rf"{quote}{self._plain}(?:{self._delimiter}{self._field})*+{self._delimiter}{quote}{self._inside}"
        return rf"\A{self._inside}(?:{reopened})?+(?![\s\S])"

    @cached_property
    def closed(self) -> str:
        """A record in which a delimiter, or the end, follows every closing quote."""
        quote, end = re.escape(self.quote), rf"(?={self._delimiter}|(?![\s\S]))"
        field = f"(?:{quote}{self._inside}{quote}{end}|(?!{quote}){self._plain})"
        return rf"\A{field}(?:{self._delimiter}{field})*+(?![\s\S])"

    @cached_property
    def each(self) -> str:
        """For Java: each field of a record that has a delimiter before its first one, too; all the rest if a quote stays open."""
        field = rf"{self._field}|[\s\S]*+" if self.quote else self._plain
        return rf"\G{self._delimiter}({field})"

    @cached_property
    def quoted(self) -> str:
        """Every quoted part, to be removed before delimiters are counted."""
        quote = re.escape(self.quote)
        return f"{quote}{self._inside}{quote}"
