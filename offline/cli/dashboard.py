"""shoplake dashboard"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from contracts.errors import PlatformError, UsageError
from contracts.zones import TABLE_ZONES
from offline.cli.live import live_reader
from offline.cli.query import MEMORY
from offline.console.streams import out, working
from offline.lake.local_lake import LocalLake

if TYPE_CHECKING:
    from collections.abc import Callable

    from dashboards.web.data import Data
    from lambdas.live.snapshot import Snapshot

PORT = 8050
# Dash, boto3 and duckdb are slow to import; only this command needs them all.


def dashboard(
    ctx: typer.Context,
    *,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port on 127.0.0.1; 0 takes a free one.")] = PORT,
    memory: Annotated[
        str | None, typer.Option(envvar=MEMORY, metavar="SIZE", help="Memory for queries, such as 8GB (default: 80 %).")
    ] = None,
    workgroup: Annotated[
        str | None, typer.Option(help="Read Athena on AWS instead, in this workgroup, with the credentials of this shell.")
    ] = None,
    databases: Annotated[str | None, typer.Option(help="Prefix of the databases on AWS, such as shoplake_prod.")] = None,
) -> None:
    """Serve the web dashboard on this machine until Ctrl-C. It reads views, and changes nothing."""
    from dashboards.web.app import Dashboard, create_app  # noqa: PLC0415
    from dashboards.web.server import Session, listen  # noqa: PLC0415

    lake: LocalLake = ctx.obj
    if workgroup is not None and databases is not None:
        data, snapshot = _athena(workgroup, databases), None
    elif workgroup is None and databases is None:
        data, snapshot = _local(lake, memory), _snapshot(lake)
    else:
        raise UsageError("--workgroup and --databases go together; name both, or neither to read the lake on this machine.")
    dash, session = Dashboard(data, snapshot=snapshot), Session()
    try:
        server = listen(create_app(dash), session, port=port)
    except (OSError, SystemExit):
        raise PlatformError(f"port {port} is taken; choose another one with --port, or 0 for a free one.") from None
    with working("reading the first page"):
        dash.warm()
    out().print(f"Dashboard: {session.address(server.server_port)}", markup=False, soft_wrap=True)
    out().print("Only the browser that opens this address gets in. Stop with Ctrl-C.", markup=False)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        out().print("Stopped.")
    finally:
        server.server_close()
        data.close()


def _local(lake: LocalLake, memory: str | None) -> Data:
    from dashboards.web.data import Data  # noqa: PLC0415
    from dashboards.web.lake import LakeReader  # noqa: PLC0415

    return Data(LakeReader(lake.folders, memory=memory))


def _athena(workgroup: str, databases: str) -> Data:
    import boto3  # noqa: PLC0415
    from botocore.exceptions import BotoCoreError  # noqa: PLC0415

    from dashboards.web.athena import PARALLEL, AthenaReader  # noqa: PLC0415
    from dashboards.web.data import Data  # noqa: PLC0415

    names = {str(zone): f"{databases}_{zone}" for zone in TABLE_ZONES}
    try:
        client = boto3.client("athena")
    except BotoCoreError as error:
        raise PlatformError(f"Athena cannot be asked: {error}") from None
    reader = AthenaReader(client, workgroup=workgroup, database=names["curated"])
    return Data(reader, databases=names, parallel=PARALLEL)


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
