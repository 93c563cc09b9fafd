"""Text functions, regular expressions and bytes."""

from __future__ import annotations

import re

from sqlglot import exp

from contracts.errors import UsageError
from offline.athena import athena_types, coercion
from offline.athena.registry import Call, alias, cast, func, refuse, scalar

for _name in ("lower", "upper"):
    scalar(_name, "text", "varchar")
for _name in ("trim", "ltrim", "rtrim"):
    scalar(_name, "text text?", "varchar", f"lake_{_name}")
scalar(
    "length",
    "text|binary",
    "bigint",
    lambda c: func("octet_length" if athena_types.family(c.types[0]) == "binary" else "length", *c.args),
)
scalar("replace", "text text text?", "varchar", lambda c: func("replace", *c.args, *([""] if len(c.args) == 2 else [])))
scalar("strpos", "text text", "bigint")
scalar("starts_with", "text text", "boolean")
scalar("substr", "text number number?", "varchar", "lake_substr")
alias("substring", "substr")
scalar("split", "text text number?", "array(varchar)", "lake_split")
scalar("split_part", "text text number", "varchar", "lake_split_part")
scalar("lpad", "text number text", "varchar", "lpad")
scalar("rpad", "text number text", "varchar", "rpad")
scalar("chr", "number", "varchar")
scalar("codepoint", "text", "integer", "unicode")
scalar("translate", "text text text", "varchar")
scalar("levenshtein_distance", "text text", "bigint", "levenshtein")
scalar("hamming_distance", "text text", "bigint", "hamming")
scalar("concat_ws", "text text*", "varchar")


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
    lambda c: func("list_reverse" if athena_types.family(c.types[0]) == "array" else "reverse", *c.args),
)

# Athena uses Java's regular expressions, DuckDB RE2. Literal patterns with features that RE2 lacks are rejected.
_NOT_RE2 = re.compile(r"\(\?(?:=|!|<=|<!|>)|\\[1-9]|[*+?}]\+|\\k<|\\G|\\X|&&")


def _pattern(call: Call, position: int = 1) -> None:
    node = call.args[position]
    if isinstance(node, exp.Literal) and _NOT_RE2.search(str(node.this)):
        raise UsageError(
            f"{call.name}(): the pattern uses look-around, a back-reference or a possessive quantifier, which cannot be "
            "translated; rewrite the pattern without it, or match in two steps."
        )


def _replacement(call: Call) -> exp.Expr:
    _pattern(call)
    if len(call.args) == 2:
        return func("regexp_replace", *call.args, "", "g")
    if isinstance(call.args[2], exp.Lambda):
        raise UsageError("regexp_replace() with a lambda is not translated; use a replacement with $1, $2 ….")
    replacement = call.text(2, what="the replacement")
    if re.search(r"\$\{|\$\d\d", replacement):
        raise UsageError("regexp_replace(): ${name} and $10 are not translated; use $1 to $9.")
    out, position = "", 0
    while position < len(replacement):
        char, following = replacement[position], replacement[position + 1 : position + 2]
        if char == "$" and following.isdigit():
            out, position = out + "\\" + following, position + 2
        elif char == "\\" and following:
            out, position = out + ("\\\\" if following == "\\" else following), position + 2
        elif char == "$":
            raise UsageError("regexp_replace(): a lone $ in the replacement is an error in Athena; write \\$.")
        else:
            out, position = out + char, position + 1
    return func("regexp_replace", call.args[0], call.args[1], out, "g")


def _like(call: Call) -> exp.Expr:
    _pattern(call)
    return func("regexp_matches", *call.args)


def _extract(call: Call) -> exp.Expr:
    _pattern(call)
    return func("lake_regexp_extract", *call.args)


def _extract_all(call: Call) -> exp.Expr:
    _pattern(call)
    return func("regexp_extract_all", *call.args)


def _split(call: Call) -> exp.Expr:
    _pattern(call)
    return func("regexp_split_to_array", *call.args)


def _count(call: Call) -> exp.Expr:
    _pattern(call)
    return func("len", func("regexp_extract_all", *call.args))


scalar("regexp_like", "text text", "boolean", _like)
scalar("regexp_extract", "text text number?", "varchar", _extract)
scalar("regexp_extract_all", "text text number?", "array(varchar)", _extract_all)
scalar("regexp_replace", "text text any?", "varchar", _replacement)
scalar("regexp_split", "text text", "array(varchar)", _split)
scalar("regexp_count", "text text", "bigint", _count)

scalar("to_utf8", "text", "varbinary", "encode")
scalar("from_utf8", "binary", "varchar", "decode")
scalar("to_hex", "binary", "varchar", "hex")
scalar("from_hex", "text", "varbinary", "unhex")
scalar("to_base64", "binary", "varchar")
scalar("from_base64", "text", "varbinary")
scalar("md5", "binary", "varbinary", lambda c: func("unhex", func("md5", *c.args)))
scalar("sha256", "binary", "varbinary", lambda c: func("unhex", func("sha256", *c.args)))

refuse("split_to_map split_to_multimap", "use split() and transform(), then map(keys, values)")
refuse("normalize word_stem soundex regexp_position luhn_check ends_with", "use like, replace() or regexp_like() instead")
refuse("format_number human_readable_seconds", "use format('%,.2f', x)")
