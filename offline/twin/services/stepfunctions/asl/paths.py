"""Paths, payload templates and intrinsic functions.

Paths: `$`, `$.a.b`, `$['a']`, `$.a[0]`, `$.a[*].b`, and the same with `$$` for the context object. Intrinsic functions: those of
FUNCTIONS, nested to any depth.
"""

from __future__ import annotations

import copy
import json
import re
import uuid
from collections.abc import Callable, Mapping
from typing import Any

from offline.twin.services.stepfunctions.asl.errors import RUNTIME, Failure

PATH = re.compile(r"\$\$?(?:\.[A-Za-z_][\w-]*|\['[^']*'\]|\[\d+\]|\[\*\])*")
STEP = re.compile(r"\.([A-Za-z_][\w-]*)|\['([^']*)'\]|\[(\d+)\]|\[(\*)\]")
TOKEN = re.compile(r"\s*(?:(States\.\w+)\s*\(|('(?:\\.|[^'\\])*')|(\$[^,()\s]*)|(-?\d+(?:\.\d+)?|true|false|null)|([,)]))")


def _format(template: str, *values: Any) -> str:
    parts = template.split("{}")
    if len(parts) != len(values) + 1:
        raise ValueError(f"{len(parts) - 1} placeholders, but {len(values)} values")
    texts = [value if isinstance(value, str) else json.dumps(value) for value in values]
    return "".join(part + text for part, text in zip(parts, [*texts, ""], strict=True))


def _merge(first: Any, second: Any, deep: Any) -> Any:
    if deep:
        raise ValueError("a deep merge is not supported")
    return {**first, **second}


def _unique(items: list[Any]) -> list[Any]:
    return [item for position, item in enumerate(items) if item not in items[:position]]


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "States.Array": lambda *values: list(values),
    "States.ArrayContains": lambda items, value: value in items,
    "States.ArrayGetItem": lambda items, index: items[index],
    "States.ArrayLength": len,
    "States.ArrayPartition": lambda items, size: [items[start : start + size] for start in range(0, len(items), size)],
    "States.ArrayRange": lambda first, last, step: list(range(first, last + (1 if step > 0 else -1), step)),
    "States.ArrayUnique": _unique,
    "States.Format": _format,
    "States.JsonMerge": _merge,
    "States.JsonToString": lambda value: json.dumps(value, separators=(",", ":")),
    "States.MathAdd": lambda first, second: first + second,
    "States.StringSplit": lambda text, separators: [part for part in re.split(f"[{re.escape(separators)}]", text) if part],
    "States.StringToJson": json.loads,
    "States.UUID": lambda: str(uuid.uuid4()),
}


def evaluate(expression: str | None, data: Any, context: Mapping[str, Any]) -> Any:
    """The value of a path or an intrinsic function; an empty object for null."""
    if expression is None:
        return {}
    if expression.startswith("States."):
        value, rest = _call(expression, data, context)
        if rest.strip():
            raise Failure(RUNTIME, f"{expression}: there is text after the function's end.")
        return value
    return resolve(expression, data, context)


def resolve(path: str, data: Any, context: Mapping[str, Any]) -> Any:
    """A copy of the value at a path; Failure where there is none."""
    if not PATH.fullmatch(path):
        raise Failure(RUNTIME, f"{path}: the local stack reads paths such as $.a.b, $.a[0] and $.a[*].b, and no others.")
    start = context if path.startswith("$$") else data
    values: list[Any] = [start]
    many = False
    for name, quoted, index, star in STEP.findall(path.lstrip("$")):
        try:
            if star:
                values, many = [item for value in values for item in value], True
            else:
                values = [value[int(index)] if index else value[name or quoted] for value in values]
        except (KeyError, IndexError, TypeError):
            raise Failure(RUNTIME, f"{path}: there is nothing at this path in {json.dumps(start, default=str)[:200]}.") from None
    return copy.deepcopy(values if many else values[0])


def fill(template: Any, data: Any, context: Mapping[str, Any]) -> Any:
    """A payload template with the values of its `.$` fields."""
    if isinstance(template, list):
        return [fill(inner, data, context) for inner in template]
    if not isinstance(template, Mapping):
        return template
    return {
        key.removesuffix(".$"): evaluate(value, data, context) if key.endswith(".$") else fill(value, data, context)
        for key, value in template.items()
    }


def place(data: Any, path: str | None, result: Any) -> Any:
    """The data with the result at a ResultPath; `$` is the result alone, null drops it."""
    if path is None or path == "$":
        return data if path is None else result
    *above, last = path.removeprefix("$.").split(".")
    merged = copy.deepcopy(data) if isinstance(data, dict) else {}
    inner = merged
    for name in above:
        inner = inner.setdefault(name, {})
    inner[last] = result
    return merged


def _call(text: str, data: Any, context: Mapping[str, Any]) -> tuple[Any, str]:
    """The value of the function at the start of a text, and the text after it."""
    token = TOKEN.match(text)
    name = token[1] if token else None
    if token is None or name not in FUNCTIONS:
        raise Failure(RUNTIME, f"{text}: the local stack has the functions {', '.join(FUNCTIONS)}, and no others.")
    arguments, rest = _arguments(text[token.end() :], data, context)
    try:
        return FUNCTIONS[name](*arguments), rest
    except (TypeError, ValueError, IndexError) as error:
        raise Failure("States.IntrinsicFailure", f"{name}: {error}") from None


def _arguments(text: str, data: Any, context: Mapping[str, Any]) -> tuple[list[Any], str]:
    arguments: list[Any] = []
    while token := TOKEN.match(text):
        function, string, path, literal, mark = token.groups()
        rest = text[token.end() :]
        if mark == ")":
            return arguments, rest
        if function:
            value, rest = _call(text, data, context)
            arguments.append(value)
        elif string:
            arguments.append(re.sub(r"\\(.)", r"\1", string[1:-1]))
        elif path:
            arguments.append(resolve(path, data, context))
        elif literal:
            arguments.append(json.loads(literal))
        text = rest
    raise Failure(RUNTIME, f"{text}: this is not an argument of an intrinsic function.")
