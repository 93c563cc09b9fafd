"""Microsoft's TMDL parser reads the semantic model, and notices damage (`make test-powerbi`)."""

from __future__ import annotations

import json
import shutil
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dashboards.powerbi.model import load_model
from dashboards.powerbi.project import TARGET

ROOT = Path(__file__).parents[2]
PARSER = ROOT / "tools/powerbi/node_modules/@microsoft/powerbi-modeling-mcp-linux-x64/dist/powerbi-modeling-mcp"
DEFINITION = TARGET / "shoplake.SemanticModel/definition"
SECONDS = 60


@pytest.fixture(scope="module")
def ask() -> Iterator[Any]:
    """Sends one request in JSON-RPC and returns its result."""
    process = subprocess.Popen(
        [PARSER, "--start", "--readonly"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    limit = threading.Timer(SECONDS, process.kill)
    limit.start()
    numbers = iter(range(1, 1000))

    def send(method: str, **parameters: Any) -> dict[str, Any]:
        number = next(numbers)
        process.stdin.write(json.dumps({"jsonrpc": "2.0", "id": number, "method": method, "params": parameters}) + "\n")
        process.stdin.flush()
        for line in process.stdout:
            message = json.loads(line)
            if message.get("id") == number:
                return dict(message["result"])
        raise AssertionError("the parser ended")

    send("initialize", protocolVersion="2024-11-05", capabilities={}, clientInfo={"name": "shoplake", "version": "1"})
    process.stdin.write('{"jsonrpc": "2.0", "method": "notifications/initialized"}\n')
    yield send
    limit.cancel()
    process.kill()
    process.communicate()


def read(ask: Any, folder: Path) -> dict[str, Any]:
    """What the parser says about a model."""
    request = {"operation": "ConnectFolder", "folderPath": str(folder)}
    answer = ask("tools/call", name="connection_operations", arguments={"request": request})
    text = answer["content"][0]["text"]
    return {"is_error": answer.get("isError", False), "text": text}


def test_the_parser_reads_every_table_measure_and_relationship(ask: Any) -> None:
    model = load_model()
    answer = read(ask, DEFINITION)
    assert not answer["is_error"], answer["text"]
    data = json.loads(answer["text"])["data"]
    assert data["tablesLoaded"] == len(model.tables)
    assert data["measuresLoaded"] == sum(len(table.measures) for table in model.tables)
    assert data["relationshipsLoaded"] == len(model.relationships)


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("tables/Date.tmdl", "\t\tdataType: dateTime", "\t\tdataTyp: dateTime"),
        ("tables/Order lines.tmdl", "\t\tformatString: #,0.00", "\tformatString: #,0.00"),
        ("relationships.tmdl", "'Order lines'.'Order date'", "'Order lines'.'Order day'"),
    ],
)
def test_the_parser_notices_damage(ask: Any, tmp_path: Path, file: str, old: str, new: str) -> None:
    folder = tmp_path / "definition"
    shutil.copytree(DEFINITION, folder)
    text = (folder / file).read_text(encoding="utf-8")
    assert old in text
    (folder / file).write_text(text.replace(old, new, 1), encoding="utf-8")
    answer = read(ask, folder)
    assert answer["is_error"] or "Successfully" not in answer["text"]
