"""A contract as a page of Markdown; `python -m contracts.derive.docs` writes the page of every table."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from contracts.derive import checks
from contracts.errors import ContractError, LakeError
from contracts.loader import load_all
from contracts.model import Column, Contract, Rule
from contracts.zones import Zone

if TYPE_CHECKING:
    from collections.abc import Sequence

FOLDER = Path("docs") / "tables"
COMMAND = "python -m contracts.derive.docs"
_GENERATED = f"<!-- Written by `{COMMAND}` from the contract; change the contract and run it again. -->"
_ZONE_WORDS = {
    "raw": "What arrives through an API: rows of JSON, stored as they were accepted.",
    "processed": "What the shops sent: checked, without duplicates, in one shape for all sources.",
    "curated": "What analysts read: a star schema, and aggregates computed from it.",
}
_RULE_WORDS = {
    "raw": "An error refuses the row; a warning is counted and the row is accepted.",
    "processed": "An error sends the row to quarantine; a warning is counted and the row stays.",
    "curated": "A row that breaks one fails the build, and the table stays as it was.",
}


def pages() -> dict[str, str]:
    """Every page by its path below docs/tables, including the index README.md."""
    contracts = [contract for zone in Zone for contract in load_all(zone).values()]
    tables = {f"{contract.zone}/{contract.name}.md": markdown(contract) for contract in contracts}
    return {"README.md": _index(tuple(contracts)), **tables}


def markdown(contract: Contract) -> str:
    """The page of one table: what it holds, its grain and keys, its columns, its rules."""
    column_rows = [_column_row(column) for column in contract.columns]
    rule_rows = [_rule_row(rule) for rule in checks.rules(contract)]
    parts = [
        _GENERATED,
        f"# {contract.name}",
        _escape(contract.description),
        _escape(contract.limitations or ""),
        "\n".join(_facts(contract)),
        "## Columns",
        _table(("column", "type", "null", "meaning"), column_rows),
        "## Rules" if rule_rows else "",
        _RULE_WORDS[contract.zone] if rule_rows else "",
        _table(("rule", "a good row", "severity"), rule_rows) if rule_rows else "",
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def write(folder: Path) -> list[Path]:
    """Write every page below `folder` and delete pages of removed tables; returns the changed paths."""
    expected = {folder / path: text for path, text in pages().items()}
    changed = [path for path in folder.rglob("*.md") if path not in expected]
    for path in changed:
        path.unlink()
    for path, text in expected.items():
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            changed.append(path)
    return sorted(changed)


def main() -> int:
    """Write docs/tables of the current checkout; returns 1 and prints one sentence if that fails."""
    try:
        if not Path("contracts").is_dir():
            raise ContractError(f"{Path.cwd()}: has no contracts folder; run `{COMMAND}` in the root of the repository.")
        changed = write(FOLDER)
    except LakeError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except OSError as error:
        sys.stderr.write(f"{error.filename}: {error.strerror}; make {FOLDER} writable and run `{COMMAND}` again.\n")
        return 1
    sys.stdout.write("".join(f"{path}\n" for path in changed) or f"{FOLDER}: every page is up to date\n")
    return 0


def _index(contracts: tuple[Contract, ...]) -> str:
    parts = [_GENERATED, "# Tables"]
    for zone in Zone:
        rows = [
            (f"[{contract.name}]({zone}/{contract.name}.md)", _escape(contract.grain))
            for contract in contracts
            if contract.zone == zone
        ]
        parts += [f"## {zone}", _ZONE_WORDS[zone], _table(("table", "one row is"), rows)] if rows else []
    return "\n\n".join(parts) + "\n"


def _facts(contract: Contract) -> list[str]:
    facts = {
        "one row": contract.grain,
        "key, unique within one partition": ", ".join(contract.key),
        "newest wins by": contract.version_column,
        "partitioned by": ", ".join(contract.partition_columns),
        "period comes from": contract.time_column,
        "recomputed": _recomputed(contract),
        "owner": contract.owner,
        "freshness": f"at most {contract.freshness_hours} hours" if contract.freshness_hours else None,
        "contract": f"contracts/{contract.zone}/{contract.name}.odcs.yaml, version {contract.version}",
    }
    return [f"- {label}: {_escape(fact)}" for label, fact in facts.items() if fact]


def _recomputed(contract: Contract) -> str | None:
    if contract.zone != "curated":
        return None
    if contract.end_column:
        return "only the periods that were touched, and those of rows that reach into them"
    return "only the periods that were touched" if contract.incremental else "whole, for each source that was touched"


def _column_row(column: Column) -> tuple[str, ...]:
    marks = [
        f"Unit: {column.unit}." if column.unit else "",
        f"Additive over {', '.join(column.additive)}." if column.additive else "",
        f"Class: {column.classification}." if column.classification not in (None, "public") else "",
    ]
    meaning = " ".join(filter(None, [_escape(column.description), *marks]))
    return f"`{column.name}`", f"`{column.physical_type}`", "never" if column.required else "may be", meaning


def _rule_row(rule: Rule) -> tuple[str, ...]:
    return f"`{rule.name}`", _escape(rule.description), rule.severity


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _escape(text: str) -> str:
    """`text` with everything escaped that Markdown would read as a column border, emphasis or a tag."""
    for character in ("\\", "|", "*", "<"):
        text = text.replace(character, f"\\{character}")
    return text


if __name__ == "__main__":
    sys.exit(main())
