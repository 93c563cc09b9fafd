"""Every `shoplake …` command in the README and the docs exists, with the options and the number of arguments it is shown with."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer

from offline.cli.app import app

ROOT = Path(__file__).parents[4]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(r"^```\w*\n(.*?)^```", flags=re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`(shoplake [^`]+)`")


def commands(text: str) -> Iterator[str]:
    """The shoplake commands of a page: lines of its code blocks, and inline code."""
    for block in BLOCK.findall(text):
        for line in block.splitlines():
            for part in re.split(r"&&|\|\|", line.partition("  #")[0]):
                if part.strip().startswith("shoplake "):
                    yield part.strip()
    yield from INLINE.findall(BLOCK.sub("", text))


COMMANDS = typer.main.get_command(app)
DOCUMENTED = sorted({(page.name, command) for page in PAGES for command in commands(page.read_text(encoding="utf-8"))})


def test_the_pages_name_commands() -> None:
    assert len(DOCUMENTED) > 25
    assert ("README.md", "shoplake replay RUN") in DOCUMENTED


@pytest.mark.parametrize(("page", "command"), DOCUMENTED)
def test_a_documented_command_exists(page: str, command: str) -> None:
    words = shlex.split(command.replace("…", "X").replace("$(", "(").replace('"(cat', "'(cat").replace(')"', ")'"))[1:]
    group = COMMANDS
    while words:
        known = {option: one for one in group.params for option in one.opts if option.startswith("--")}
        word = words.pop(0)
        if word.startswith("--"):
            assert word in known, f"{page}: `{command}`: no option {word}"
            if not getattr(known[word], "is_flag", False) and words:
                words.pop(0)
        elif hasattr(group, "commands"):
            if word == "X":
                return
            assert word in group.commands, f"{page}: `{command}`: no command {word}"
            group = group.commands[word]
