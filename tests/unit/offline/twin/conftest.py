"""moto's S3 on folders, served in this process."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from offline.twin.endpoint import connect


@dataclass(frozen=True)
class S3:
    """A client of the server, the folder of its one bucket `box`, and the port."""

    client: Any
    folder: Path
    port: int


@pytest.fixture(scope="module")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3]:
    # Only these tests pay for loading moto.
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app  # noqa: PLC0415
    from moto.s3 import models  # noqa: PLC0415
    from werkzeug.serving import make_server  # noqa: PLC0415

    from offline.twin.server import Handler  # noqa: PLC0415
    from offline.twin.services.s3 import backend  # noqa: PLC0415

    root = tmp_path_factory.mktemp("buckets")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(backend, "_replace", patch.setattr)
        backend.install(root)
        server = make_server(
            "127.0.0.1", 0, DomainDispatcherApplication(create_backend_app), threaded=True, request_handler=Handler
        )
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        client = connect("s3", server.port)
        client.create_bucket(Bucket="box")
        yield S3(client, root / "box", server.port)
        client.close()
        server.shutdown()
        server.server_close()
        for regions in models.s3_backends.values():
            for account in regions.values():
                account.buckets.clear()
        models.s3_backends.bucket_accounts.clear()
