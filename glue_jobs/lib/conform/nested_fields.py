"""Names the fields within a nested column whose values do not fit their types, by their paths."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pyspark.sql import Column
from pyspark.sql import functions as F

from glue_jobs.lib.conform.casts import cast
from glue_jobs.lib.source_definition.source import RawColumn

PARTS = re.compile(r"(array|struct|map)<(.+)>", re.DOTALL)


def misfit(column: RawColumn, text: str) -> Column:
    """The rule that the JSON `text` of a nested column breaks: of the first field that does not fit, else of the column."""
    texts = f"from_json(concat('{{\"v\":', {text}, '}}'), 'v {_as_texts(column.type)}').v"
    fields = _fields(f"array({texts})", column.type, column.name)
    rules = [
        F.expr(f"if(exists({values}, x -> trim(x) != '' and {cast('x', kind)} is null), '{rule(path, kind)}', null)")
        for path, kind, values in fields
        if kind != "string"
    ]
    return F.coalesce(*rules, F.lit(rule(column.name, column.type)))


def converted(value: str, kind: str, *, depth: int = 0) -> str:
    """Spark SQL that gives `value` its nested type; all numbers in it are text so far, and one that does not fit becomes null."""
    outer, inner = _outer(kind)
    name = f"x{depth}"
    if outer == "struct":
        parts = [f"'{field.strip('`')}', {converted(f'{value}.{field}', part, depth=depth)}" for field, part in _named(inner)]
        return f"if({value} is null, null, named_struct({', '.join(parts)}))"
    if outer == "array":
        return f"transform({value}, {name} -> {converted(name, inner, depth=depth + 1)})"
    if outer == "map":
        keys, values = _split(inner)
        if keys == "string":
            return f"transform_values({value}, (k{depth}, {name}) -> {converted(name, values, depth=depth + 1)})"
        return f"try_cast({value} as {kind})"
    return cast(value, kind)


def rule(path: str, kind: str) -> str:
    """The name of the rule that a value of this type is broken by, such as items.quantity_not_int."""
    return f"{path}_not_{re.split('[(<]', kind)[0]}"


def _as_texts(kind: str) -> str:
    """A nested type with strings for all its plain types."""
    outer, inner = _outer(kind)
    if outer == "struct":
        return f"struct<{','.join(f'{name}:{_as_texts(part)}' for name, part in _named(inner))}>"
    return f"{outer}<{','.join(map(_as_texts, _split(inner)))}>" if outer else "string"


def _fields(values: str, kind: str, path: str) -> Iterator[tuple[str, str, str]]:
    """Path, plain type, and an array of all values (Spark SQL) of every field within `values`, an array of this type."""
    outer, inner = _outer(kind)
    filled = f"filter({values}, x -> x is not null)"
    if outer == "struct":
        for name, part in _named(inner):
            yield from _fields(f"transform({filled}, x -> x.{name})", part, f"{path}.{name.strip('`')}")
    elif outer == "array":
        yield from _fields(f"flatten({filled})", inner, path)
    elif outer == "map":
        yield from _fields(f"flatten(transform({filled}, x -> map_values(x)))", _split(inner)[1], path)
    else:
        yield path, kind, values


def _outer(kind: str) -> tuple[str, str]:
    """The outer part of a nested type and what is within it; two empty texts for a plain type."""
    match = PARTS.fullmatch(kind.strip())
    return (match[1], match[2]) if match else ("", "")


def _named(inner: str) -> list[tuple[str, str]]:
    pairs = [part.partition(":") for part in _split(inner)]
    return [(name.strip(), kind.strip()) for name, _, kind in pairs]


def _split(inner: str) -> list[str]:
    """The parts between the commas that are outside of brackets."""
    parts, depth = [""], 0
    for character in inner:
        depth += (character in "<(") - (character in ">)")
        if character == "," and not depth:
            parts.append("")
        else:
            parts[-1] += character
    return [part.strip() for part in parts]
