"""How the end of a container's script becomes an error."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from contracts.errors import LakeError, ModelError, PlatformError
from offline.models.jobs import run_script


@pytest.mark.parametrize(
    ("code", "error", "message"),
    [
        ("sys.exit(3)", PlatformError, "the job failed with exit code 3: no output"),
        ("sys.exit('first\\nlast')", PlatformError, "the job failed with exit code 1: last"),
        ("open('failure', 'w').write('Too few rows.'); sys.exit(1)", ModelError, "Too few rows."),
        (
            "open('failure', 'w').write('Broken.\\nDetails'); sys.exit(2)",
            PlatformError,
            "the job failed with exit code 2: Broken.",
        ),
    ],
    ids=["silent", "stderr only", "refusal", "failure file"],
)
def test_a_script_that_ends_badly_is_an_error_with_its_reason(
    tmp_path: Path, code: str, error: type[LakeError], message: str
) -> None:
    command = [sys.executable, "-c", f"import sys; {code}"]
    with pytest.raises(error) as raised:
        run_script(command, environment={}, failure=tmp_path / "failure", name="the job", folder=tmp_path)
    assert str(raised.value) == message
