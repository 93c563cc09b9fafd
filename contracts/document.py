"""Strict reading of YAML: contracts, settings and source definitions share these checks and the style of their sentences.

Every refusal names the file, the path of the key, what is wrong, and the remedy.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import yaml

try:
    from yaml import CSafeLoader as _SafeLoader  # ten times as fast
except ImportError:  # Glue installs PyYAML without its compiled part
    from yaml import SafeLoader as _SafeLoader  # type: ignore[assignment]

from contracts.errors import ContractError, LakeError

_Kind = TypeVar("_Kind", str, bool, int, float, list[Any], dict[str, Any])
_KINDS: dict[type, tuple[str, str]] = {
    str: ("text", "put it in quotes"),
    bool: ("true or false", "write one of them"),
    int: ("a whole number", "write digits only, without quotes"),
    float: ("a number", "write it without quotes"),
    list: ("a list", "write each item on its own line after a dash"),
    dict: ("a mapping", "write its keys on the lines below, indented"),
}


class _UniqueKeyLoader(_SafeLoader):
    """SafeLoader that refuses duplicate keys; YAML would silently keep the last one."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:  # noqa: FBT001, FBT002
        """The mapping, after checking that its keys differ."""
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        repeated = next((key for position, key in enumerate(keys) if key in keys[:position]), None)
        if repeated is not None:
            raise yaml.MarkedYAMLError(problem=f"the key {repeated} is written twice", problem_mark=node.start_mark)
        return super().construct_mapping(node, deep=deep)


def nearest(word: str, known: Iterable[str], *, limit: int = 1) -> list[str]:
    """The names most similar to `word`, best first; empty if none is close enough for a typo."""
    return difflib.get_close_matches(word, sorted(set(known)), n=limit, cutoff=0.6)


def suggest(word: str, known: Iterable[str]) -> str:
    """The remedy for an unknown name: the most similar known name, or all of them if none is close."""
    choices = sorted(known)
    near = nearest(word, choices)
    return f"did you mean {near[0]}?" if near else f"use one of: {', '.join(choices)}."


def few(names: Sequence[str], limit: int) -> str:
    """The first `limit` names, and how many more there are: `a, b and 3 more`."""
    more = f" and {len(names) - limit} more" if len(names) > limit else ""
    return ", ".join(names[:limit]) + more


@dataclass(frozen=True, slots=True)
class Node:
    """A mapping of a document with its path, so that every refusal names the place. `error` is the class to raise."""

    where: str
    path: str
    content: dict[str, Any]
    error: type[LakeError] = ContractError

    def at(self, key: str) -> str:
        """The path of `key` in the document."""
        return f"{self.path}.{key}" if self.path else key

    def refuse(self, key: str, problem: str) -> NoReturn:
        """Raise the error for this key."""
        raise self.error(f"{self.where}: {self.at(key)} {problem}")

    def only(self, *known: str) -> Node:
        """This node, after checking that it has no keys other than `known`."""
        for key in self.content:
            if key not in known:
                self.refuse(str(key), f"is not a known key; {suggest(str(key), known)}")
        return self

    def names(self) -> Iterator[str]:
        """The keys of a mapping with free keys. YAML reads names such as `no` or `12` as other types: those are refused."""
        for key in self.content:
            if not isinstance(key, str):
                self.refuse(str(key), f"is read as {key!r}, but must be text; put the name in quotes.")
            yield key

    def optional(self, key: str, kind: type[_Kind]) -> _Kind | None:
        """The value of `key`, or None if the key is missing. Refuses other types, null and blank text."""
        if key not in self.content:
            return None
        value = self.content[key]
        accepted = (int, float) if kind is float else kind
        if not isinstance(value, accepted) or (kind in (int, float) and isinstance(value, bool)):
            words, remedy = _KINDS[kind]
            self.refuse(key, f"is {value!r}, but must be {words}; {remedy}.")
        if isinstance(value, str) and not value.strip():
            self.refuse(key, "is blank; fill it in or remove the key.")
        return value

    def required(self, key: str, remedy: str) -> str:
        """The text of `key`; `remedy` tells the reader what to write if it is missing."""
        value = self.optional(key, str)
        if value is None:
            self.refuse(key, f"is missing; {remedy}")
        return value

    def prose(self, key: str, remedy: str) -> str:
        """As `required`, with line breaks and repeated blanks removed."""
        return " ".join(self.required(key, remedy).split())

    def one_of(self, key: str, choices: Sequence[str], value: str | None = None) -> str | None:
        """The text of `key` (or `value`), which must be one of `choices` if it is present."""
        text = self.optional(key, str) if value is None else value
        if text is not None and text not in choices:
            self.refuse(key, f"is {text!r}; {suggest(text, choices)}")
        return text

    def texts(self, key: str, *, or_one: bool = False) -> tuple[str, ...]:
        """The list of texts under `key`, empty if the key is missing; `or_one` also accepts a single text."""
        if or_one and isinstance(self.content.get(key), str):
            return (self.required(key, ""),)
        return tuple(self._text_item(key, position, item) for position, item in enumerate(self.optional(key, list) or ()))

    def _text_item(self, key: str, position: int, item: object) -> str:
        if not isinstance(item, str):
            words, remedy = _KINDS[str]
            self.refuse(f"{key}[{position}]", f"is {item!r}, but must be {words}; {remedy}.")
        return item

    def child(self, key: str, *, nullable: bool = False) -> Node:
        """The mapping under `key`, empty if the key is missing (or null, with `nullable`)."""
        missing = nullable and self.content.get(key) is None
        value = {} if missing else self.optional(key, dict) or {}
        return Node(self.where, self.at(key), value, self.error)

    def children(self, key: str, label: str) -> list[Node]:
        """The mappings in the list under `key`. Paths show the item's value of `label`, or else its position."""
        nodes = []
        for position, item in enumerate(self.optional(key, list) or ()):
            if not isinstance(item, dict):
                words, remedy = _KINDS[dict]
                self.refuse(f"{key}[{position}]", f"is {item!r}, but must be {words}; {remedy}.")
            name = item.get(label, position)
            nodes.append(Node(self.where, f"{self.at(key)}[{name}]", item, self.error))
        return nodes


def read_text(file: Path | Traversable, *, where: str, error: type[LakeError], remedy: str) -> str:
    """The text of a file; `error` if it cannot be read or is not UTF-8."""
    try:
        return file.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise error(f"{where}: cannot be read (it is not UTF-8 text); save it as UTF-8.") from None
    except OSError as failure:
        raise error(f"{where}: cannot be read ({failure.strerror}); {remedy}") from None


def read_document(text: str, *, where: str, error: type[LakeError] = ContractError, example: str) -> Node:
    """The root mapping of a YAML document; `example` tells the reader what to write if there is no mapping."""
    try:
        content = yaml.load(text, Loader=_UniqueKeyLoader)  # noqa: S506  (a SafeLoader, only stricter)
    except yaml.MarkedYAMLError as failure:
        line = f", line {failure.problem_mark.line + 1}" if failure.problem_mark else ""
        raise error(f"{where}{line}: not valid YAML ({failure.problem}); fix that line.") from failure
    except yaml.YAMLError as failure:
        raise error(f"{where}: not valid YAML ({' '.join(str(failure).split())}); save it as UTF-8 text.") from failure
    if not isinstance(content, dict):
        raise error(f"{where}: holds no mapping; {example}")
    return Node(where, "", content, error)
