"""What the local stack needs to know about one AWS service."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from offline.twin.recipes import Recipe


@dataclass(frozen=True)
class Setup:
    """What services are installed with: the lake's folder, the names of all buckets, and Spark's driver memory if Spark is
    to start before the first run."""

    lake: Path
    buckets: Sequence[str] = ()
    memory: str | None = None


class Service:
    """One AWS service. A subclass states what it adds to moto and what it leaves out, and overrides the hooks that it needs."""

    title: ClassVar[str]
    """The service's name in docs/local-stack.md."""
    adds: ClassVar[Sequence[str]] = ()
    """What moto lacks and this service provides, one sentence each."""
    leaves_out: ClassVar[Sequence[str]] = ()
    """What AWS does and the local stack does not, one sentence each."""
    recipes: ClassVar[Mapping[str, Recipe]] = {}
    """CloudFormation types that moto does not create, and how to create them."""
    skipped: ClassVar[Mapping[str, str]] = {}
    """CloudFormation types that are not created, and why. A `Ref` to one is its logical name."""

    def install(self, setup: Setup) -> None:
        """Extends moto. Called once, before the server starts."""

    def restore(self) -> None:
        """Brings back the state that `save` or the service itself wrote. Called after the stacks are deployed."""

    def localize(self, output: str) -> str:
        """An output of a stack as it is valid on this machine, such as the address of an API."""
        return output

    def busy(self) -> bool:
        """Whether the service is working. The server does not stop for idleness meanwhile."""
        return False

    def save(self) -> None:
        """Writes what outlives the server. Called before `stop`."""

    def stop(self) -> None:
        """Ends everything that the service has started."""
