"""Text functions, regular expressions and bytes."""

from __future__ import annotations

import re

from sqlglot import exp

from contracts.errors import UsageError
from offline.athena import athena_types, coercion, java_regex
from offline.athena.registry import Call, Emit, alias, cast, func, refuse, scalar


def _ascii_or(python: str, duck: str) -> Emit:
    """DuckDB's function for ASCII, where both agree, and ours for other text."""

    def emit(call: Call) -> exp.Expr:
        is_ascii = exp.EQ(this=func("strlen", call.args[0]), expression=func("length", call.args[0]))
        return exp.Case(ifs=[exp.If(this=is_ascii, true=func(duck, *call.args))], default=func(f"lake_py_{python}", *call.args))

    return emit


for _name in ("lower", "upper"):
    scalar(_name, "text", "varchar", _ascii_or(_name, _name))


def _trim(call: Call) -> exp.Expr:
    name = f"lake_{call.name}"
    return func(name, *call.args) if len(call.args) == 2 else _ascii_or(call.name, name)(call)


for _name in ("trim", "ltrim", "rtrim"):
    scalar(_name, "text text?", "varchar", _trim)
scalar(
    "length",
    "text|binary",
    "bigint",
    lambda c: func("octet_length" if athena_types.family(c.types[0]) == "binary" else "length", *c.args),
)


def _replace(call: Call) -> exp.Expr:
    args = [*call.args, exp.Literal.string("")][:3]
    is_plain = isinstance(args[1], exp.Literal) and args[1].this != ""
    return func("replace" if is_plain else "lake_py_replace", *args)  # an empty text is found between all letters


scalar("replace", "text text text?", "varchar", _replace)
scalar("strpos", "text text number?", "bigint", lambda c: func("lake_py_strpos" if len(c.args) == 3 else "strpos", *c.args))
scalar("starts_with", "text text", "boolean")
scalar("substr", "text number number?", "varchar", "lake_substr")
alias("substring", "substr")
scalar("split", "text text number?", "array(varchar)", "lake_split")
scalar("split_part", "text text number", "varchar", "lake_split_part")
scalar("lpad", "text number text", "varchar", "lpad")
scalar("rpad", "text number text", "varchar", "rpad")
scalar("chr", "number", "varchar")
scalar("codepoint", "text", "integer", "lake_codepoint")
scalar("translate", "text text text", "varchar")
scalar("levenshtein_distance", "text text", "bigint", "lake_py_levenshtein")
scalar("hamming_distance", "text text", "bigint", "lake_py_hamming")


def _concat_ws(call: Call) -> exp.Expr:
    if len(call.args) == 2 and athena_types.family(call.types[1]) == "array":
        return func("lake_array_join", call.args[1], call.args[0])
    return func("concat_ws", *call.args)


scalar("concat_ws", "text text|array text*", "varchar", _concat_ws)


def _joined(call: Call) -> exp.Expr:
    joined = call.args[0].copy()
    for arg in call.args[1:]:
        joined = exp.DPipe(this=joined, expression=arg.copy(), safe=True)
    return cast(exp.Paren(this=joined), call.returns)


scalar("concat", "text|array text|array text|array*", lambda t: coercion.common(t, where="concat()"), _joined)
scalar(
    "reverse",
    "text|array",
    lambda t: t[0],
    lambda c: func("list_reverse", *c.args) if athena_types.family(c.types[0]) == "array" else _ascii_or("reverse", "reverse")(c),
)


def _regular(call: Call, duck: str, python: str, *, group: exp.Expr | None = None) -> exp.Expr:
    """DuckDB's function if the pattern is one that RE2 and Java read alike, else ours.

    RE2 returns an empty text for a group that took no part, so groups are extracted by ours.
    """
    pattern = call.args[1]
    if group is None and isinstance(pattern, exp.Literal) and java_regex.suits_re2(str(pattern.this)):
        return func(duck, call.args[0], pattern)
    return func(f"lake_py_{python}", call.args[0], pattern, *([group or 0] if "extract" in python else []))


def _replacement(call: Call) -> exp.Expr:
    if len(call.args) == 3 and isinstance(call.args[2], exp.Lambda):
        raise UsageError("regexp_replace() with a lambda is not translated; use a replacement with $1, $2 ….")
    replacement = call.args[2] if len(call.args) == 3 else exp.Literal.string("")
    pattern = call.args[1]
    is_plain = isinstance(replacement, exp.Literal) and not re.search(r"[$\\]", str(replacement.this))
    if is_plain and isinstance(pattern, exp.Literal) and java_regex.suits_re2(str(pattern.this)):
        return func("regexp_replace", call.args[0], pattern, replacement, "g")
    return func("lake_py_regexp_replace", call.args[0], pattern, replacement)


def _extract(call: Call) -> exp.Expr:
    group = call.args[2] if len(call.args) == 3 else None
    return _regular(call, "lake_regexp_extract", "regexp_extract", group=group)


def _extract_all(call: Call) -> exp.Expr:
    group = call.args[2] if len(call.args) == 3 else None
    return _regular(call, "regexp_extract_all", "regexp_extract_all", group=group)


def _position(call: Call) -> exp.Expr:
    one = exp.Literal.number(1)
    return func("lake_py_regexp_position", *[*call.args, one, one][:4])


scalar("regexp_like", "text text", "boolean", lambda c: _regular(c, "regexp_matches", "regexp_like"))
scalar("regexp_extract", "text text number?", "varchar", _extract)
scalar("regexp_extract_all", "text text number?", "array(varchar)", _extract_all)
scalar("regexp_replace", "text text any?", "varchar", _replacement)
scalar("regexp_split", "text text", "array(varchar)", "lake_py_regexp_split")
scalar("regexp_count", "text text", "bigint", "lake_py_regexp_count")
scalar("regexp_position", "text text number? number?", "integer", _position)

scalar("to_utf8", "text", "varbinary", "encode")
scalar("from_utf8", "binary", "varchar", "lake_py_from_utf8")
scalar("to_hex", "binary", "varchar", "hex")
scalar("from_hex", "text", "varbinary", "unhex")
scalar("to_base64", "binary", "varchar")
scalar("from_base64", "text", "varbinary")
scalar("md5", "binary", "varbinary", lambda c: func("unhex", func("md5", *c.args)))
scalar("sha256", "binary", "varbinary", lambda c: func("unhex", func("sha256", *c.args)))
for _name in ("sha1", "sha512"):
    scalar(_name, "binary", "varbinary", f"lake_py_{_name}")
scalar("crc32", "binary", "bigint", "lake_py_crc32")
scalar("split_to_map", "text text text", "map(varchar,varchar)", "lake_split_to_map")

refuse("split_to_multimap", "use split() and transform(), then map(keys, values)")
refuse("normalize word_stem soundex luhn_check ends_with", "use like, replace() or regexp_like() instead")
refuse("format_number human_readable_seconds", "use format('%,.2f', x)")
