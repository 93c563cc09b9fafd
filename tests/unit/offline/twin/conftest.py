"""moto's S3 on folders, served in this process; and local stacks of a few resources, each in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from offline.twin import synth
from offline.twin.client import Twin
from offline.twin.endpoint import Endpoint, connect
from offline.twin.record import Record

ZONES = {
    "Resources": {name: {"Type": "AWS::S3::Bucket"} for name in ("Raw", "Processed", "Curated")},
    "Outputs": {f"{name}Bucket": {"Value": {"Ref": name}} for name in ("Raw", "Processed", "Curated")},
}
KEYS = ("TWIN0123456789ABCDEF", "not so secret")
SCRIPT = """
import sys
from pathlib import Path

from offline.twin import server
from offline.twin.synth import Assembly

server.POLL_SECONDS = 0.05
server.main(Path(sys.argv[1]), "key", Assembly(Path(sys.argv[2])), None)
"""


@dataclass(frozen=True)
class S3:
    """A client of the server, the folder of its one bucket `box`, and the server's endpoint."""

    client: Any
    folder: Path
    endpoint: Endpoint


@pytest.fixture(scope="module")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3]:
    # Only these tests pay for loading moto.
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
    from moto.s3 import models
    from werkzeug.serving import make_server

    from offline.serving.guard import Guard
    from offline.twin.server import Handler
    from offline.twin.services.s3 import backend
    from offline.twin.signature import is_signed

    root = tmp_path_factory.mktemp("buckets")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(backend, "_replace", patch.setattr)
        backend.install(root)
        guarded = Guard(DomainDispatcherApplication(create_backend_app), lambda request: is_signed(request, *KEYS))
        server = make_server("127.0.0.1", 0, guarded, threaded=True, request_handler=Handler)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        endpoint = Endpoint(server.port, *KEYS)
        client = connect("s3", endpoint)
        client.create_bucket(Bucket="box")
        yield S3(client, root / "box", endpoint)
        client.close()
        server.shutdown()
        server.server_close()
        for regions in models.s3_backends.values():
            for account in regions.values():
                account.buckets.clear()
        models.s3_backends.bucket_accounts.clear()


@pytest.fixture(scope="module")
def serve() -> Iterator[Callable[..., Twin]]:
    """Starts a local stack of one template in the lake `folder / "lake"`; all are stopped at the end."""
    processes: list[subprocess.Popen[str]] = []

    def start(folder: Path, template: dict[str, Any], *, script: str = SCRIPT) -> Twin:
        lake, app = folder / "lake", folder / "app"
        (lake / "s3").mkdir(parents=True, exist_ok=True)
        app.mkdir(exist_ok=True)
        (app / "lake.template.json").write_text(json.dumps(template))
        stack = {"type": "aws:cloudformation:stack", "properties": {"templateFile": "lake.template.json"}}
        (app / "manifest.json").write_text(json.dumps({"artifacts": {"lake": stack}}))
        process = subprocess.Popen(
            [sys.executable, "-c", script, str(lake), str(app)], cwd=synth.ROOT, stdout=subprocess.PIPE, text=True
        )
        processes.append(process)
        assert process.stdout
        line = json.loads(process.stdout.readline())
        assert line.keys() == {"port"}, line
        record = Record.read(lake)
        assert record
        return Twin(lake, record)

    yield start
    for process in processes:
        process.kill()
        process.communicate()
