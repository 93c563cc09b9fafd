"""Reading one YAML document strictly: every key is known, every value has its kind, every refusal is a sentence."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn, TypeVar

import yaml

try:
    from yaml import CSafeLoader as _SafeLoader  # ten times as fast
except ImportError:  # where PyYAML came without its compiled part, as in Glue jobs
    from yaml import SafeLoader as _SafeLoader  # type: ignore[assignment]

from contracts.errors import ContractError

_Kind = TypeVar("_Kind", str, bool, int)
_KIND_WORDS = {str: "text", bool: "true or false", int: "a whole number", dict: "a mapping", list: "a list"}


class _UniqueKeyLoader(_SafeLoader):
    """SafeLoader that refuses a key written twice, where YAML would silently keep the last."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:  # noqa: FBT001, FBT002
        """The mapping, once its keys are known to differ."""
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        repeated = next((key for position, key in enumerate(keys) if key in keys[:position]), None)
        if repeated is not None:
            raise yaml.MarkedYAMLError(problem=f"the key {repeated} is written twice", problem_mark=node.start_mark)
        return super().construct_mapping(node, deep=deep)


def suggest(word: str, known: Iterable[str]) -> str:
    """What to write instead of `word`: the nearest of `known` if one is near, else all of them."""
    choices = sorted(known)
    near = difflib.get_close_matches(word, choices, n=1, cutoff=0.6)
    return f"did you mean {near[0]}?" if near else f"use one of: {', '.join(choices)}."


@dataclass(frozen=True, slots=True)
class Node:
    """A mapping of the document together with the path that leads to it, so that a refusal can name the place."""

    where: str
    path: str
    content: dict[str, Any]

    def at(self, key: str) -> str:
        """The path of `key` inside this mapping."""
        return f"{self.path}.{key}" if self.path else key

    def refuse(self, key: str, problem: str) -> NoReturn:
        """Raise the LakeError that says: in this file, at this key, this is wrong."""
        raise ContractError(f"{self.where}: {self.at(key)} {problem}")

    def only(self, *known: str) -> Node:
        """This node, if it has no other keys than `known`."""
        for key in self.content:
            if key not in known:
                self.refuse(str(key), f"is not a key that contracts use here; {suggest(str(key), known)}")
        return self

    def optional(self, key: str, kind: type[_Kind]) -> _Kind | None:
        """The value of `key` if it is there and of that kind; blank text counts as missing and is refused."""
        value = self.content.get(key)
        if key not in self.content:
            return None
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            remedy = "; put it in quotes" if kind is str and not isinstance(value, dict | list | None) else ""
            self.refuse(key, f"is {value!r}, but must be {_KIND_WORDS[kind]}{remedy}.")
        if isinstance(value, str) and not value.strip():
            self.refuse(key, "is blank; write it, or leave the key out.")
        return value

    def required(self, key: str, remedy: str) -> str:
        """The text of `key`, which must be there; `remedy` says what to write if it is not."""
        value = self.optional(key, str)
        if value is None:
            self.refuse(key, f"is missing; {remedy}")
        return value

    def prose(self, key: str, remedy: str) -> str:
        """As `required`, on one line whatever the line breaks of the file."""
        return " ".join(self.required(key, remedy).split())

    def one_of(self, key: str, choices: Sequence[str], value: str | None = None) -> str | None:
        """The text of `key` (or `value`), which must be one of `choices` where it is there."""
        text = self.optional(key, str) if value is None else value
        if text is not None and text not in choices:
            self.refuse(key, f"is {text!r}; {suggest(text, choices)}")
        return text

    def child(self, key: str) -> Node:
        """The mapping under `key`; an empty one where the key is missing."""
        value = self.content.get(key, {})
        if not isinstance(value, dict):
            self.refuse(key, f"is {value!r}, but must be a mapping.")
        return Node(self.where, self.at(key), value)

    def children(self, key: str, label: str) -> list[Node]:
        """The mappings in the list under `key`; each is named in paths by its value of `label`, if it has one."""
        value = self.content.get(key, [])
        if not isinstance(value, list):
            self.refuse(key, f"is {value!r}, but must be a list.")
        nodes = []
        for position, item in enumerate(value):
            if not isinstance(item, dict):
                self.refuse(f"{key}[{position}]", f"is {item!r}, but must be a mapping.")
            name = item.get(label, position)
            nodes.append(Node(self.where, f"{self.at(key)}[{name}]", item))
        return nodes


def read_document(text: str, *, where: str) -> Node:
    """The root mapping of a YAML document. LakeError if it is not YAML, repeats a key or is not a mapping."""
    try:
        content = yaml.load(text, Loader=_UniqueKeyLoader)  # noqa: S506  (a SafeLoader, only stricter)
    except yaml.MarkedYAMLError as error:
        line = f", line {error.problem_mark.line + 1}" if error.problem_mark else ""
        raise ContractError(f"{where}{line}: not valid YAML ({error.problem}); mend that line.") from error
    except yaml.YAMLError as error:
        raise ContractError(f"{where}: not valid YAML ({' '.join(str(error).split())}); save it as UTF-8 text.") from error
    if not isinstance(content, dict):
        raise ContractError(f"{where}: holds no mapping; a contract begins with apiVersion, kind, id, version and schema.")
    return Node(where, "", content)
