"""The dashboard of a lake while somebody looks, and a picture of a page by the browser of this machine, if it has one."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from dashboards.web.app import Dashboard, create_app
from dashboards.web.data import Data
from dashboards.web.lake import LakeReader
from dashboards.web.server import Session, listen

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
WIDTH, HEIGHT = 1280, 1400
# How long a page may load, in the time that its scripts see; the browser moves that on whenever they wait for nothing.
PAGE_MILLISECONDS = 10_000
PATIENCE_SECONDS = 30.0


@contextmanager
def served(folders: Mapping[str, Path]) -> Iterator[tuple[Session, int]]:
    """The dashboard of a lake on a free port."""
    reader, session = LakeReader(dict(folders)), Session()
    dashboard = Dashboard(Data(reader))
    dashboard.warm()
    server = listen(create_app(dashboard), session, port=0)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield session, server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
        reader.close()


def picture(folders: Mapping[str, Path], source: str, target: Path) -> Path | None:
    """`target` with the first page of a source; None where there is no browser, or it takes none."""
    if CHROMIUM is None:
        return None
    target.parent.mkdir(parents=True, exist_ok=True)
    target.unlink(missing_ok=True)
    with served(folders) as (session, port), tempfile.TemporaryDirectory() as profile:
        # Chromium's sandbox does not work for root. It opens our own page and no other.
        as_root = ["--no-sandbox"] if os.geteuid() == 0 else []
        options = [
            *("--headless", "--disable-gpu", "--hide-scrollbars", "--no-first-run", "--disable-background-networking"),
            *(f"--user-data-dir={profile}", f"--window-size={WIDTH},{HEIGHT}"),
            *(f"--virtual-time-budget={PAGE_MILLISECONDS}", f"--screenshot={target.resolve()}"),
        ]
        try:
            subprocess.run(
                [CHROMIUM, *as_root, *options, f"{session.address(port)}&source={source}"],
                capture_output=True,
                timeout=PATIENCE_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return None
    return target if target.is_file() else None
