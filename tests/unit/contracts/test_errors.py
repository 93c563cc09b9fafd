"""Error classes: codes and exit codes are distinct, documented, and what the command line ends with."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from contracts.errors import ContractError, LakeError, SourceError, by_code, error_classes

ROWS = re.compile(r"^\| (\d+) \| `(\w+)` \|", flags=re.MULTILINE)
OPERATIONS = Path(__file__).parents[3] / "docs" / "operations.md"


def test_every_class_is_documented_with_its_exit_code() -> None:
    documented = {(int(number), code) for number, code in ROWS.findall(OPERATIONS.read_text(encoding="utf-8"))}
    assert {(kind.exit_code, kind.code) for kind in error_classes() if kind.__module__ == "contracts.errors"} == documented


def test_codes_lead_back_to_their_class() -> None:
    classes = [kind for kind in error_classes() if kind.__module__ == "contracts.errors"]
    assert [by_code(kind.code) for kind in classes] == classes
    assert len({kind.exit_code for kind in classes}) == len(classes) == 10


@pytest.mark.parametrize(("code", "expected"), [("source", SourceError), ("contract", ContractError), ("nonsense", LakeError)])
def test_a_class_is_found_by_its_code(code: str, expected: type[LakeError]) -> None:
    assert by_code(code) is expected
