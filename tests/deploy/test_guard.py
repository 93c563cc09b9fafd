"""The guard keeps the CDK CLI on this machine."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from stacks.node import environment
from tests.deploy.cloud import HERE


@pytest.mark.parametrize(
    ("script", "attempt"),
    [
        ("require('node:net').connect(443, '192.0.2.1')", "connect 192.0.2.1"),
        ("require('node:http').get('http://example.invalid/')", "connect example.invalid"),
        ("require('node:dns').lookup('example.invalid', () => {})", "lookup example.invalid"),
    ],
)
def test_a_connection_beyond_this_machine_is_blocked_and_recorded(tmp_path: Path, script: str, attempt: str) -> None:
    attempts = tmp_path / "attempts"
    own = {"NODE_OPTIONS": f"--require={HERE / 'network_guard.cjs'}", "NETWORK_ATTEMPTS": str(attempts)}

    run = subprocess.run(
        [environment()["JSII_NODE"], "-e", script], env=os.environ | own, capture_output=True, text=True, check=False
    )

    assert run.returncode != 0
    assert "tests stay on 127.0.0.1" in run.stderr
    assert attempts.read_text().splitlines() == [attempt]
