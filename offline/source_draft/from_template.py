"""Source folders that are ready for the exports of well-known products, but for the settings that a shop must state."""

from __future__ import annotations

import re
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

from contracts.document import suggest
from contracts.errors import UsageError
from offline.source_draft.new_folder import checked_folder

TEMPLATES = resources.files("offline.source_draft") / "templates"
CURRENCY = re.compile(r"[A-Z]{3}")
PAGE = "page.md"
SETTING = re.compile(r"\{\{(\w+)\}\}")
DESCRIPTIONS = {"timezone": "time zone, such as Europe/Berlin", "currency": "currency, such as EUR"}


def template_names() -> list[str]:
    """The names of all templates."""
    return sorted(entry.name for entry in TEMPLATES.iterdir() if (entry / "source.yaml").is_file())


def title(name: str) -> str:
    """What a template is for."""
    first = (TEMPLATES / name / "source.yaml").read_text(encoding="utf-8").partition("\n")[0]
    return first.removeprefix("title: ")


def page(name: str) -> str:
    """The template's page for people, in Markdown."""
    return (TEMPLATES / name / PAGE).read_text(encoding="utf-8")


def samples(name: str) -> list[Traversable]:
    """Invented files in the layout of the export."""
    return sorted((TEMPLATES / name / "sample").iterdir(), key=lambda file: file.name)


def from_template(folder: Path, name: str, *, timezone: str | None, currency: str | None) -> list[Path]:
    """Writes a new source folder from a template; returns the paths written.

    UsageError for an unknown template, a setting that it needs or does not have, and what `checked_folder` refuses.
    """
    if name not in template_names():
        raise UsageError(f"--template {name}: there is no such template; {suggest(name, template_names())}")
    checked_folder(folder, timezone=timezone or "UTC")
    if currency is not None and not CURRENCY.fullmatch(currency):
        raise UsageError(f"--currency {currency}: is not a currency; write its ISO 4217 code, such as EUR.")
    settings = {"timezone": timezone, "currency": currency}
    texts = {
        entry.name: _filled(entry.read_text(encoding="utf-8"), settings, template=name)
        for entry in sorted((TEMPLATES / name).iterdir(), key=lambda entry: entry.name)
        if entry.name.endswith((".yaml", ".sql"))
    }
    if currency is not None and all(currency not in text for text in texts.values()):
        raise UsageError(f"--currency {currency}: {name} loads no money, so it has no currency; leave the option out.")
    folder.mkdir(parents=True)
    for file, text in texts.items():
        (folder / file).write_text(text, encoding="utf-8")
    return [folder / file for file in texts]


def _filled(text: str, settings: dict[str, str | None], *, template: str) -> str:
    def value(match: re.Match[str]) -> str:
        setting = settings[match[1]]
        if setting is None:
            raise UsageError(f"--{match[1]} is missing; {template} needs the shop's {DESCRIPTIONS[match[1]]}.")
        return setting

    return SETTING.sub(value, text)
