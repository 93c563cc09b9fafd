"""Functions start fast: importing a handler takes less than 300 ms, and neither boto3 nor anything that the bundle lacks."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
HANDLERS = sorted(path.parent.name for path in (ROOT / "lambdas").glob("*/handler.py"))
# Import a second time in the same process state does nothing, so each measurement has a process of its own. Processor time: other
# processes of the machine do not count.
PROGRAM = """
import importlib, sys, time
started = time.process_time()
importlib.import_module("lambdas.{name}.handler")
print(time.process_time() - started)
print(*sorted({{module.partition(".")[0] for module in sys.modules}} - set(sys.stdlib_module_names)))
"""


def imported(name: str) -> tuple[float, set[str]]:
    """Seconds and packages beyond the standard library."""
    program = [sys.executable, "-S", "-c", PROGRAM.format(name=name)]
    environment = {"PYTHONPATH": str(ROOT), "PATH": "/usr/bin"}
    output = subprocess.run(program, cwd=ROOT, env=environment, capture_output=True, text=True, check=True).stdout.splitlines()
    return float(output[0]), set(output[1].split())


@pytest.mark.parametrize("name", HANDLERS)
def test_a_handler_is_imported_in_less_than_300_ms_without_libraries(name: str):
    measured = [imported(name) for _ in range(3)]
    assert min(seconds for seconds, _ in measured) < 0.3
    assert measured[0][1] - {"__main__"} == {"lambdas"}
