"""shoplake dashboard"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from contracts.errors import PlatformError
from offline.cli.live import live_reader
from offline.cli.query import MEMORY
from offline.console.streams import out
from offline.lake.local_lake import LocalLake

if TYPE_CHECKING:
    from collections.abc import Callable

    from offline.live.screen import Snapshot

PORT = 8050


def dashboard(
    ctx: typer.Context,
    *,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port on 127.0.0.1; 0 takes a free one.")] = PORT,
    memory: Annotated[
        str | None, typer.Option(envvar=MEMORY, metavar="SIZE", help="Memory for queries, such as 8GB (default: 80 %).")
    ] = None,
) -> None:
    """Serve the web dashboard on this machine until Ctrl-C. It reads views, and changes nothing."""
    # Dash and duckdb are slow to import.
    from dashboards.web.app import Dashboard, create_app  # noqa: PLC0415
    from dashboards.web.data import Data, LakeReader  # noqa: PLC0415
    from dashboards.web.server import Session, listen  # noqa: PLC0415

    lake: LocalLake = ctx.obj
    reader, session = LakeReader(lake.folders, memory=memory), Session()
    app = create_app(Dashboard(Data(reader), snapshot=_snapshot(lake)))
    try:
        server = listen(app, session, port=port)
    except (OSError, SystemExit):
        raise PlatformError(f"port {port} is taken; choose another one with --port, or 0 for a free one.") from None
    out().print(f"Dashboard: {session.address(server.server_port)}", markup=False, soft_wrap=True)
    out().print("Only the browser that opens this address gets in. Stop with Ctrl-C.", markup=False)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        out().print("Stopped.")
    finally:
        server.server_close()
        reader.close()


def _snapshot(lake: LocalLake) -> Callable[[], Snapshot]:
    """Reads the live windows of the local stack, also of one that is started later; PlatformError while none is running."""
    from botocore.exceptions import BotoCoreError  # noqa: PLC0415

    readers: list[Callable[[], Snapshot]] = []

    def read() -> Snapshot:
        if not readers:
            readers.append(live_reader(lake))
        try:
            return readers[0]()
        except BotoCoreError:
            readers.clear()
            return live_reader(lake)()

    return read
