"""Athena's own literals written for the parser, and other dialects' syntax, which the parser accepts, refused by name."""

from __future__ import annotations

import re

import sqlglot
from sqlglot.dialects.trino import Trino
from sqlglot.tokenizer_core import Token, TokenType

from contracts.errors import UsageError

_INTERVAL_UNITS = ("second", "minute", "hour", "day", "month", "year")
_FOREIGN_TYPES = {
    "string": "varchar", "text": "varchar", "float": "real", "byte": "tinyint", "short": "smallint", "long": "bigint",
    "datetime": "timestamp", "number": "decimal(p,s)", "blob": "varbinary", "binary": "varbinary", "bool": "boolean",
    "uint": "bigint", "int64": "bigint", "float64": "double",
}  # fmt: skip
_CLAUSES = {
    TokenType.WHERE, TokenType.GROUP_BY, TokenType.HAVING, TokenType.ORDER_BY, TokenType.LIMIT, TokenType.OFFSET, TokenType.FETCH,
    TokenType.UNION, TokenType.EXCEPT, TokenType.INTERSECT, TokenType.WINDOW, TokenType.SEMICOLON,
}  # fmt: skip
_WHOLE = re.compile(r"0x[0-9a-f](_?[0-9a-f])*|0b[01](_?[01])*|0o[0-7](_?[0-7])*|\d+(_\d+)+", re.IGNORECASE)
_DECIMAL = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)")


def checked(sql: str, dialect: type[Trino]) -> str:
    """The SQL with literals that the parser does not know written another way; UsageError for another dialect's syntax."""
    tokens = sqlglot.tokenize(sql, read=dialect)
    for position, token in enumerate(tokens):
        _check(tokens, position, token, sql)
    _check_joins(tokens)
    _check_types(tokens)
    return _with_literals(sql, tokens)


def _check(tokens: list[Token], position: int, token: Token, sql: str) -> None:
    following = [*tokens[position + 1 : position + 4], *[None] * 3]
    kind = token.token_type
    if kind is TokenType.DCOLON:
        raise UsageError("Athena has no `::`; write cast(x as type).")
    if kind is TokenType.EQ and sql[token.start : token.end + 1] == "==":
        raise UsageError("Athena has no `==`; write `=`.")
    if kind is TokenType.LIMIT and following[1] is not None:
        if following[1].token_type is TokenType.COMMA:
            raise UsageError("Athena has no `LIMIT m, n`; write OFFSET m LIMIT n.")
        if following[1].token_type is TokenType.OFFSET:
            raise UsageError("Athena takes OFFSET before LIMIT; write OFFSET m LIMIT n.")
    if kind is TokenType.INTERVAL and following[0] is not None:
        _check_interval(following)
    if kind is TokenType.IS:
        value = following[1] if following[0] is not None and following[0].token_type is TokenType.NOT else following[0]
        if value is not None and value.text.lower() in ("true", "false", "unknown"):
            raise UsageError(f"Athena has no IS {value.text.upper()}; use the condition itself, or coalesce(x, false).")


def _check_interval(following: list[Token | None]) -> None:
    first, second = following[0], following[1]
    if first is not None and first.token_type in (TokenType.DASH, TokenType.PLUS):
        first, second = following[1], following[2]
    if first is None or first.token_type not in (TokenType.NUMBER, TokenType.STRING):
        return  # a column called interval
    unit = second.text.lower() if second is not None else ""
    if first.token_type is TokenType.NUMBER:
        raise UsageError(f"Athena takes an interval's amount in quotes; write interval '{first.text}' {unit or 'day'}.")
    if unit not in _INTERVAL_UNITS:
        raise UsageError(
            f"interval '{first.text}' {unit}".rstrip() + f": Athena has no such interval; write interval '1' and one of "
            f"{', '.join(_INTERVAL_UNITS)}."
        )


def _check_joins(tokens: list[Token]) -> None:
    """Every JOIN but CROSS JOIN has ON or USING, which the parser does not insist on."""
    pending = [0]
    for before, token in zip([None, *tokens], [*tokens, None], strict=True):
        kind = token.token_type if token is not None else TokenType.SEMICOLON
        if kind in _CLAUSES or kind is TokenType.R_PAREN:
            if pending[-1] > 0:
                raise UsageError("JOIN needs ON or USING; for all pairs of rows write CROSS JOIN.")
            pending[-1] = 0
        if kind is TokenType.L_PAREN:
            pending.append(0)
        elif kind is TokenType.R_PAREN and len(pending) > 1:
            pending.pop()
        elif kind is TokenType.JOIN and (before is None or before.token_type not in (TokenType.CROSS, TokenType.NATURAL)):
            pending[-1] += 1
        elif kind in (TokenType.ON, TokenType.USING):
            pending[-1] = max(pending[-1] - 1, 0)


def _check_types(tokens: list[Token]) -> None:
    casts: list[bool] = []
    in_type: list[bool] = []
    for before, token, following in zip([None, *tokens[:-1]], tokens, [*tokens[1:], None], strict=True):
        if token.token_type is TokenType.L_PAREN:
            casts.append(before is not None and before.text.lower() in ("cast", "try_cast"))
            in_type.append(bool(in_type) and in_type[-1])
        elif token.token_type is TokenType.R_PAREN and casts:
            casts.pop()
            in_type.pop()
        elif token.token_type is TokenType.ALIAS and casts and casts[-1]:
            in_type[-1] = True
        elif in_type and in_type[-1] and token.text.lower() in _FOREIGN_TYPES and _ends_type(following):
            known = _FOREIGN_TYPES[token.text.lower()]
            raise UsageError(f"Athena's queries have no type {token.text.lower()}; write {known}.")


def _ends_type(following: Token | None) -> bool:
    """Whether a word before this token is a type, and not the name of a field as in row(text varchar)."""
    ends = (TokenType.R_PAREN, TokenType.COMMA, TokenType.L_PAREN, TokenType.LT, TokenType.GT)
    return following is None or following.token_type in ends


def _with_literals(sql: str, tokens: list[Token]) -> str:
    pieces, end, position = [], 0, 0
    while position < len(tokens):
        token, last = tokens[position], position
        while token.token_type in (TokenType.NUMBER, TokenType.HEX_STRING) and _touches(tokens, last):
            last += 1
        text = sql[token.start : tokens[last].end + 1]
        new = None
        if token.token_type in (TokenType.NUMBER, TokenType.HEX_STRING) and _WHOLE.fullmatch(text):
            new = str(int(text.replace("_", ""), 0 if not text[0:2].isdigit() and text[0] == "0" else 10))
        elif token.token_type in _TYPED and len(tokens) > position + 1:
            following = tokens[position + 1]
            if following.token_type is TokenType.STRING:
                new, last = _TYPED[token.token_type](following.text), position + 1
        if new is not None:
            pieces += [sql[end : token.start], new]
            end = tokens[last].end + 1
        position = last + 1
    return "".join([*pieces, sql[end:]])


def _touches(tokens: list[Token], position: int) -> bool:
    following = tokens[position + 1] if len(tokens) > position + 1 else None
    is_word = following is not None and following.token_type in (TokenType.VAR, TokenType.NUMBER)
    return is_word and following is not None and following.start == tokens[position].end + 1


def _timestamp(text: str) -> str | None:
    """timestamp '… 10:00:00.12' as a cast to the precision of its digits; one with a time zone stays as it is."""
    match = re.fullmatch(r"[^:]*(?::\d+){0,2}(?:\.(\d+))?", text.strip())
    return f"cast('{text}' as timestamp({len(match[1] or '')}))" if match and "'" not in text else None


def _decimal(text: str) -> str:
    """decimal '007.10' as a cast to the decimal of its digits."""
    if not _DECIMAL.fullmatch(text.strip()):
        raise UsageError(f"decimal '{text}': not a decimal; write digits and at most one point.")
    whole, _, fraction = text.strip().lstrip("+-").partition(".")
    whole = whole.lstrip("0")
    return f"cast('{text.strip()}' as decimal({max(len(whole) + len(fraction), 1)},{len(fraction)}))"


_TYPED = {TokenType.DECIMAL: _decimal, TokenType.TIMESTAMP: _timestamp}
