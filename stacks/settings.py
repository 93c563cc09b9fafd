"""Settings of a deployment: limits of each field, and the strict reading of files and -c arguments into dataclasses."""

from __future__ import annotations

import dataclasses
import re
import zoneinfo
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar, cast, get_type_hints

from contracts.document import Node, read_document, read_text
from contracts.errors import UsageError

_T = TypeVar("_T")

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_REGION = re.compile(r"[a-z]{2}(-[a-z]+)+-\d")


def _is_date(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


# Formats of text, each with a description for refusals.
_FORMS: dict[str, tuple[Callable[[str], object], str]] = {
    "name": (re.compile(r"[a-z][a-z0-9-]{0,28}[a-z0-9]").fullmatch, "2 to 30 of a-z, 0-9 and -, such as shoplake"),
    "region": (_REGION.fullmatch, "an AWS region, such as eu-central-1"),
    "date": (_is_date, "a date in quotes, such as '2009-01-01'"),
    "source": (re.compile(r"[a-z][a-z0-9_]*").fullmatch, "lower_snake_case, such as my_shop"),
    "cron": (re.compile(r"\S+( \S+){5}").fullmatch, "six cron fields, such as 0 4 * * ? *"),
    "timezone": (lambda text: text in zoneinfo.available_timezones(), "an IANA time zone, such as Europe/Berlin"),
    "email": (_EMAIL.fullmatch, "an e-mail address, such as data@example.com"),
    "origin": (
        re.compile(r"\*|https?://[a-z0-9.-]+(:\d+)?").fullmatch,
        "an origin, such as https://shop.example.com, or `*` for all",
    ),
    "currency": (re.compile(r"[A-Z]{3}").fullmatch, "a currency code of ISO 4217, such as EUR"),
    "tag": (re.compile(r"(?!aws:)[\w .:/=+@-]{1,128}").fullmatch, "a tag of AWS, 1 to 128 letters, digits and .:/=+@_-"),
}


def setting(
    default: Any,
    *,
    least: float | None = None,
    most: float | None = None,
    choices: Sequence[str] = (),
    form: str | None = None,
    context: bool = False,
) -> Any:
    """A field of a settings dataclass with its limits; `context` allows it on the command line only."""
    limits = {"least": least, "most": most, "choices": tuple(choices), "form": form, "context": context}
    if isinstance(default, Mapping):
        return dataclasses.field(default_factory=lambda: MappingProxyType(dict(default)), metadata=limits)
    return dataclasses.field(default=default, metadata=limits)


def packaged(env: str) -> Node:
    """The packaged settings of an environment."""
    file = resources.files("stacks") / "environments" / f"{env}.yaml"
    return _read(file, where=f"stacks/environments/{file.name}")


def read_file(path: Path) -> Node:
    """A YAML or JSON file of settings."""
    return _read(path, where=f"config: {path}")


def _read(file: Path | Traversable, *, where: str) -> Node:
    text = read_text(file, where=where, error=UsageError, remedy="pass a YAML or JSON file in -c config=FILE.")
    example = "write settings such as `partition_grain: day`, one per line."
    return read_document(text, where=where, error=UsageError, example=example)


def arguments(content: Mapping[str, Any]) -> Node:
    """Settings from the command line, where "true" may stand for true."""
    spelled = {"true": True, "false": False}
    values = {key: spelled.get(value, value) if isinstance(value, str) else value for key, value in content.items()}
    return Node("-c", "", values, UsageError)


def validated(kind: type, node: Node, *, context: bool = False) -> dict[str, Any]:
    """The content of `node` as nested keyword arguments of the dataclass `kind`; LakeError for the first invalid key.

    `context` is true for settings from the command line.
    """
    fields = {field.name: field for field in dataclasses.fields(kind)}
    hints = get_type_hints(kind)
    node.only(*fields)
    values: dict[str, Any] = {}
    for key in node.names():
        if fields[key].metadata.get("context") and not context:
            node.refuse(key, f"cannot be set in a file; use the command line: -c {key}={node.content[key]}.")
        if dataclasses.is_dataclass(hints[key]):
            values[key] = validated(cast(type, hints[key]), node.child(key))
        else:
            values[key] = _value(node, key, hints[key], fields[key].metadata)
    return values


def merged(base: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """`base` with `changes` over it, mapping by mapping; anything else is replaced whole."""
    both = dict(base)
    for key, value in changes.items():
        old = both.get(key)
        both[key] = merged(old, value) if isinstance(old, dict) and isinstance(value, dict) else value
    return both


def built(kind: type[_T], values: Mapping[str, Any]) -> _T:
    """The dataclass `kind` from nested keyword arguments that were validated."""
    hints = get_type_hints(kind)
    nested = {key: built(hints[key], value) for key, value in values.items() if dataclasses.is_dataclass(hints[key])}
    return kind(**{**values, **nested})


def _value(node: Node, key: str, kind: Any, limits: Mapping[str, Any]) -> Any:
    if kind == tuple[str, ...]:
        texts = node.texts(key)
        return tuple(_checked(node, f"{key}[{position}]", text, limits) for position, text in enumerate(texts))
    if kind == tuple[int, ...]:
        items = {f"{key}[{position}]": item for position, item in enumerate(node.optional(key, list) or ())}
        return tuple(_number(Node(node.where, node.path, items, node.error), item, int, limits) for item in items)
    if kind == Mapping[str, str]:
        child = node.child(key)
        for name in child.names():
            _checked(node, key, name, limits)
        return MappingProxyType({name: _checked(child, name, child.required(name, ""), limits) for name in child.names()})
    if kind == str | None:
        return None if node.content[key] is None else _checked(node, key, node.required(key, ""), limits)
    if kind is str:
        return _checked(node, key, node.required(key, ""), limits)
    return _number(node, key, kind, limits)


def _number(node: Node, key: str, kind: Any, limits: Mapping[str, Any]) -> Any:
    value = node.optional(key, kind)
    least, most = limits["least"], limits["most"]
    if least is not None and value < least:
        node.refuse(key, f"is {value}, but must be {least} or more; raise it.")
    if most is not None and value > most:
        node.refuse(key, f"is {value}, but must be {most} or less; lower it.")
    return value


def _checked(node: Node, key: str, text: str, limits: Mapping[str, Any]) -> str:
    node.one_of(key, limits["choices"] or (text,), text)
    if limits["form"]:
        fits, words = _FORMS[limits["form"]]
        if not fits(text):
            node.refuse(key, f"is {text!r}, but must be {words}; fix it.")
    return text
