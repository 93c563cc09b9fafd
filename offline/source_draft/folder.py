"""Writes the draft of a source folder: source.yaml, and a SELECT per table."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import yaml

from contracts import load
from offline.source_draft.beginning import read_beginning
from offline.source_draft.new_folder import checked_folder
from offline.source_draft.proposal import ELEMENT, Proposal, candidate_keys, identifier, propose
from offline.source_draft.sample import SampledColumn, SampledFile, sample


def draft(folder: Path, files: Sequence[Path], *, timezone: str) -> list[Path]:
    """Writes a new source folder from these sample files; returns the paths written.

    UsageError for what `checked_folder` refuses; SourceError for a file without a table.
    """
    checked_folder(folder, timezone=timezone)
    proposals = propose([sample(path, read_beginning(path, timezone=timezone)) for path in files])
    folder.mkdir(parents=True)
    texts = {"source.yaml": "\n".join(_source_yaml(folder.name, proposals, timezone)) + "\n"}
    texts |= {f"{proposal.table}.sql": _sql(proposal) for proposal in proposals if proposal.table}
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    return [folder / name for name in texts]


def _source_yaml(name: str, proposals: Sequence[Proposal], timezone: str) -> Iterator[str]:
    yield f"title: {_scalar(name.replace('_', ' '))}  # TODO say in a few words what it is"
    yield f"timezone: {_scalar(timezone)}  # for times without an offset of their own"
    if any(proposal.table == "order_items" for proposal in proposals):
        yield "derive: [orders]"
    yield "files:"
    for proposal in proposals:
        yield f"  {proposal.kind}:"
        yield from (f"    {line}" for line in _kind(proposal))


def _kind(proposal: Proposal) -> Iterator[str]:
    file = proposal.file
    if keys := list(candidate_keys(file)):
        yield f"# no value repeats in the {file.rows:,} sampled records: {_comment(', '.join(keys))}"
    yield f"glob: [{_scalar(proposal.glob)}]"
    yield from _dialect(file)
    yield "load: append  # TODO snapshot, if each delivery replaces the ones before"
    if proposal.table:
        yield f"records: {proposal.table}"
    else:
        yield "# TODO a lookup so far; add `records: TABLE` and TABLE.sql, or read raw_" + proposal.kind + " in another SELECT"
    if proposal.unnest:
        yield f"unnest: {{{ELEMENT}: {_scalar(identifier(proposal.unnest.name))}}}"
    yield "columns:"
    yield from (f"  {_column(column)}" for column in file.columns)


def _dialect(file: SampledFile) -> Iterator[str]:
    if file.format != "csv":
        yield f"format: {file.format}"
    if len(file.sheets) > 1:
        yield f"sheet: {_scalar(file.sheets[0])}  # TODO one of {_comment(', '.join(file.sheets))}"
    if file.delimiter != ",":
        yield f"delimiter: {_scalar(file.delimiter)}"
    if file.quote != '"':
        yield f"quote: {_scalar(file.quote)}"
    if not file.header:
        yield "header: false  # TODO name the columns"
    if file.decimal != ".":
        yield f"decimal: {_scalar(file.decimal)}"
    if file.encoding != "utf-8":
        yield f"encodings: [utf-8, {file.encoding}]"


def _column(column: SampledColumn) -> str:
    value = column.value_type
    settings = {}
    if value.type != "string":
        settings["type"] = _scalar(value.type)
    if value.formats:
        settings["formats"] = "[" + ", ".join(_scalar(pattern) for pattern in value.formats) + "]"
    content = ", ".join(f"{key}: {text}" for key, text in settings.items())
    note = f"  # TODO {_comment(value.note)}" if value.note else ""
    return f"{_scalar(column.name)}: {{{content}}}{note}"


def _scalar(text: str) -> str:
    if re.fullmatch(r"[A-Za-z][A-Za-z0-9_/-]*", text) and isinstance(yaml.safe_load(text), str):
        return text
    return yaml.safe_dump(text, default_style='"', allow_unicode=True, width=10**6).strip()


def _comment(text: str) -> str:
    return re.sub(r"[\x00-\x1f\x7f]+", " ", text)


def _sql(proposal: Proposal) -> str:
    table = str(proposal.table)
    head = (
        f"-- Purpose: {_comment(proposal.file.path.name)} as {table}. TODO say what they are\n"
        f"-- Grain:   {load(table).grain}\n"
        f"-- Reads:   raw_{proposal.kind}\n"
    )
    columns = []
    for name, (expression, note) in proposal.select.items():
        comment = f"    -- {_comment(note)}\n" if note else ""
        named = expression if expression == identifier(name) else f"{expression} as {name}"
        columns.append(f"{comment}    {named}")
    return head + "select\n    _record,\n" + ",\n".join(columns) + f"\nfrom raw_{proposal.kind}\n"
