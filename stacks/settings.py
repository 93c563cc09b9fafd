"""Reading settings strictly: every key is known, every value has its kind, and every refusal is one sentence."""

from __future__ import annotations

import dataclasses
import re
import zoneinfo
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from importlib import resources
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar, get_type_hints

import yaml

from contracts.document import read_document, suggest
from contracts.errors import UsageError

_T = TypeVar("_T")

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_REGION = re.compile(r"[a-z]{2}(-[a-z]+)+-\d")


def _is_date(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


# What text of a form must look like, and how to say so.
_FORMS: dict[str, tuple[Callable[[str], object], str]] = {
    "name": (re.compile(r"[a-z][a-z0-9-]{0,28}[a-z0-9]").fullmatch, "2 to 30 of a-z, 0-9 and -, such as shoplake"),
    "region": (_REGION.fullmatch, "an AWS region, such as eu-central-1"),
    "date": (_is_date, "a date in quotes, such as '2009-01-01'"),
    "source": (re.compile(r"[a-z][a-z0-9_]*").fullmatch, "lower_snake_case, such as my_shop"),
    "cron": (re.compile(r"\S+( \S+){5}").fullmatch, "six cron fields, such as 0 4 * * ? *"),
    "timezone": (lambda text: text in zoneinfo.available_timezones(), "an IANA time zone, such as Europe/Berlin"),
    "email": (_EMAIL.fullmatch, "an e-mail address, such as data@example.com"),
    "tag": (re.compile(r"(?!aws:)[\w .:/=+@-]{1,128}").fullmatch, "a tag of AWS, 1 to 128 letters, digits and .:/=+@_-"),
}
_KINDS: dict[Any, tuple[Callable[[Any], bool], str]] = {
    bool: (lambda value: isinstance(value, bool), "true or false"),
    int: (lambda value: isinstance(value, int) and not isinstance(value, bool), "a whole number"),
    float: (lambda value: isinstance(value, int | float) and not isinstance(value, bool), "a number"),
    str: (lambda value: isinstance(value, str), "text"),
    str | None: (lambda value: value is None or isinstance(value, str), "text"),
    tuple[str, ...]: (lambda value: isinstance(value, list | tuple), "a list"),
    Mapping[str, str]: (lambda value: isinstance(value, Mapping), "a mapping of text to text"),
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
    """A field of a settings dataclass with its limits; `context` marks what the command line gives and a file may not."""
    limits = {"least": least, "most": most, "choices": tuple(choices), "form": form, "context": context}
    if isinstance(default, Mapping):
        return dataclasses.field(default_factory=lambda: MappingProxyType(dict(default)), metadata=limits)
    return dataclasses.field(default=default, metadata=limits)


def packaged(env: str) -> tuple[str, dict[str, Any]]:
    """The name and content of the packaged settings of an environment."""
    file = resources.files("stacks") / "environments" / f"{env}.yaml"
    where = f"stacks/environments/{file.name}"
    return where, read_document(file.read_text(encoding="utf-8"), where=where).content


def read_file(path: Path) -> dict[str, Any]:
    """The content of a YAML or JSON file of settings; LakeError if it cannot be read."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise UsageError(f"config: {path} cannot be read ({reason}); give -c config= the path of a YAML or JSON file.") from None
    try:
        content = yaml.safe_load(text)
    except yaml.YAMLError:
        content = {}  # read_document will say what is wrong with it
    if not isinstance(content, dict):
        raise UsageError(f"config: {path} holds no mapping; write settings such as `partition_grain: day`, one a line.")
    return read_document(text, where=str(path)).content


def validated(kind: type, content: Mapping[str, Any], *, where: str, path: str = "", context: bool = False) -> dict[str, Any]:
    """`content` as nested keyword arguments of the dataclass `kind`; LakeError at the first key that is not right.

    `path` leads to `content` in its file; `context` says that the command line gives it, so that "true" may stand for true.
    """
    fields = {field.name: field for field in dataclasses.fields(kind)}
    hints = get_type_hints(kind)
    values: dict[str, Any] = {}
    for key, value in content.items():
        here = f"{path}.{key}" if path else str(key)
        if key not in fields:
            raise UsageError(f"{where}: {here} is not a setting; {suggest(str(key), fields)}")
        if fields[key].metadata.get("context") and not context:
            raise UsageError(f"{where}: {here} is no setting of a file; give it on the command line: -c {key}={value}.")
        if dataclasses.is_dataclass(hints[key]):
            if not isinstance(value, Mapping):
                raise UsageError(f"{where}: {here} is {value!r}, expected a mapping; indent its settings below it.")
            values[key] = validated(hints[key], value, where=where, path=here)
        else:
            given = {"true": True, "false": False}.get(value, value) if context and hints[key] is bool else value
            values[key] = _value(given, hints[key], fields[key].metadata, where=f"{where}: {here}")
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


def _value(value: Any, kind: Any, limits: Mapping[str, Any], *, where: str) -> Any:
    fits, words = _KINDS[kind]
    if not fits(value):
        raise UsageError(f"{where} is {value!r}, expected {words}; write it so.")
    if isinstance(value, list | tuple):
        return tuple(_text(item, limits, where=f"{where}[{position}]") for position, item in enumerate(value))
    if isinstance(value, Mapping):
        texts = {_text(key, limits, where=where): _text(item, limits, where=f"{where}.{key}") for key, item in value.items()}
        return MappingProxyType(texts)
    if isinstance(value, str):
        return _text(value, limits, where=where)
    least, most = limits["least"], limits["most"]
    if least is not None and value < least:
        raise UsageError(f"{where} is {value}, expected {least} or more; raise it.")
    if most is not None and value > most:
        raise UsageError(f"{where} is {value}, expected {most} or less; lower it.")
    return value


def _text(value: Any, limits: Mapping[str, Any], *, where: str) -> str:
    if not isinstance(value, str):
        raise UsageError(f"{where} is {value!r}, expected text; put it in quotes.")
    if limits["choices"] and value not in limits["choices"]:
        raise UsageError(f"{where} is {value!r}, expected {' or '.join(limits['choices'])}; choose one of them.")
    if limits["form"]:
        fits, words = _FORMS[limits["form"]]
        if not fits(value):
            raise UsageError(f"{where} is {value!r}, expected {words}; mend it.")
    return value
