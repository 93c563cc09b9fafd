"""Date patterns of Joda (format_datetime) and MySQL (date_format), translated to DuckDB's strftime."""

from __future__ import annotations

import re

from contracts.errors import UsageError

# MySQL's %-codes as Trino interprets them. Missing: %D %U %u %V %w %X, which Trino does not support either.
_MYSQL = {
    "a": "%a", "b": "%b", "c": "%-m", "d": "%d", "e": "%-d", "f": "%f", "H": "%H", "h": "%I", "I": "%I", "i": "%M",
    "j": "%j", "k": "%-H", "l": "%-I", "M": "%B", "m": "%m", "p": "%p", "r": "%I:%M:%S %p", "S": "%S", "s": "%S",
    "T": "%H:%M:%S", "v": "%V", "W": "%A", "x": "%G", "Y": "%Y", "y": "%y", "%": "%%",
}  # fmt: skip
_MYSQL_PARSED = set("abcdefHhIijklMmprSsTYy%")

_JODA = {
    "y": "%Y", "yy": "%y", "yyyy": "%Y", "Y": "%Y", "YY": "%y", "YYYY": "%Y", "x": "%G", "xxxx": "%G", "ww": "%V",
    "M": "%-m", "MM": "%m", "MMM": "%b", "MMMM": "%B", "d": "%-d", "dd": "%d", "D": "%-j", "DDD": "%j",
    "e": "%u", "E": "%a", "EE": "%a", "EEE": "%a", "EEEE": "%A", "H": "%-H", "HH": "%H", "h": "%-I", "hh": "%I",
    "m": "%-M", "mm": "%M", "s": "%-S", "ss": "%S", "SSS": "%g", "a": "%p",
}  # fmt: skip
_JODA_UTC = {"Z": "+0000", "ZZ": "+00:00", "ZZZ": "UTC", "z": "UTC"}
_JODA_PARSED = set("y yyyy Y YYYY M MM MMM MMMM d dd H HH h hh m mm s ss SSS a".split()) | {"Z", "ZZ"}
_JODA_TOKEN = re.compile(r"'((?:[^']|'')*)'|([A-Za-z])\2*|[^A-Za-z']+", re.DOTALL)
_YEAR = re.compile(r"%[YyG]")
_MONTH_OR_DAY = re.compile(r"%-?[mbBdj]")


def mysql(pattern: str, *, function: str, parse: bool) -> str:
    """The strftime form of a pattern such as %Y-%m-%d %H:%i."""
    out, position = "", 0
    while position < len(pattern):
        if pattern[position] != "%":
            out, position = out + pattern[position], position + 1
            continue
        code = pattern[position + 1 : position + 2]
        if code not in _MYSQL or (parse and code not in _MYSQL_PARSED):
            raise UsageError(f"{function}(): %{code} is not translated; use {_sample(_MYSQL, '%')}.")
        # Trino shows milliseconds as six digits.
        out, position = out + ("%g000" if code == "f" and not parse else _MYSQL[code]), position + 2
    return out


def joda(pattern: str, *, function: str, parse: bool, zoned: bool = False) -> str:
    """The strftime form of a pattern such as yyyy-MM-dd'T'HH:mm:ss; zone letters only where the value is in UTC."""
    out, position = "", 0
    while position < len(pattern):
        match = _JODA_TOKEN.match(pattern, position)
        if match is None:
            raise UsageError(f"{function}(): a quote in the pattern {pattern!r} is not closed; write '' for a quote.")
        out, position = out + _joda_token(match, function=function, parse=parse, zoned=zoned), match.end()
    return out


def _joda_token(match: re.Match[str], *, function: str, parse: bool, zoned: bool) -> str:
    token = match[0]
    if token.startswith("'"):
        literal = match[1].replace("''", "'") or "'"
        return literal.replace("%", "%%")
    if not token[0].isalpha():
        return token.replace("%", "%%")
    if token in _JODA_UTC and not zoned and (not parse or token in _JODA_PARSED):
        return "%z" if parse else _JODA_UTC[token]
    if token not in _JODA or (parse and token not in _JODA_PARSED):
        where = "for a value at a time zone " if token in _JODA_UTC else ""
        raise UsageError(f"{function}(): {token} {where}is not translated; use {_sample(_JODA, '')}.")
    return _JODA[token]


def _sample(codes: dict[str, str], sign: str) -> str:
    return ", ".join(sign + code for code in codes)


def assumed_year(strftime: str) -> str:
    """The year of text without one: a leap year if it has a month or a day."""
    return "2000" if _MONTH_OR_DAY.search(strftime) else "1970"


def names_year(strftime: str) -> bool:
    """Whether text of this pattern contains a year."""
    return _YEAR.search(strftime) is not None


def names_zone(pattern: str) -> bool:
    """Whether a pattern of Joda shows the time zone."""
    return any(match[0][0] in "zZ" for match in _JODA_TOKEN.finditer(pattern) if not match[0].startswith("'"))
