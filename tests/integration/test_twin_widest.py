"""The local stack can create every stack with every option of the configuration switched on."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.twin, pytest.mark.full]

ROOT = Path(__file__).parents[2]
WIDEST = """
networking: private
govern: true
data_events: true
alarms: {emails: [somebody@example.com]}
budget: {monthly_usd: 5, emails: [somebody@example.com]}
"""


def test_the_widest_configuration_can_be_created(tmp_path: Path) -> None:
    # GIVEN the app, synthesized with all options
    (tmp_path / "widest.yaml").write_text(WIDEST)
    (tmp_path / "lake").mkdir()
    context = json.dumps({"env": "dev", "config": str(tmp_path / "widest.yaml")})
    env = os.environ | {"CDK_OUTDIR": str(tmp_path / "app"), "CDK_CONTEXT_JSON": context}
    synthesized = subprocess.run([sys.executable, "app.py"], cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert synthesized.returncode == 0, synthesized.stderr
    # WHEN
    command = [sys.executable, "-m", "offline.twin.server", str(tmp_path / "lake"), "widest", str(tmp_path / "app")]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:
        assert server.stdout
        line = json.loads(server.stdout.readline())
        server.terminate()
    # THEN the server is up
    assert line.keys() == {"port"}, line
