"""Entry point of the dashboard's function."""

from __future__ import annotations

import functools
import os
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from apig_wsgi import make_lambda_handler

from contracts.errors import PlatformError
from dashboards.hosted.answers import compress
from dashboards.hosted.gate import SIGN_OUT, Gate
from dashboards.hosted.settings import Settings
from dashboards.hosted.sign_in import SignIn
from dashboards.web.app import Dashboard, create_app
from dashboards.web.athena import PARALLEL, AthenaReader
from dashboards.web.data import Data, Reader
from lambdas.common.table import Table, client
from lambdas.live.snapshot import Snapshot, snapshot

# API Gateway waits for 30 seconds. What Athena has not answered by then is stopped, and its chart says so.
PAGE_SECONDS = 22.0
NO_LIVE_PATH = "This deployment has no live path; set `live_path: true` and deploy."


class Deadline:
    """A function answers one request at a time, so there is one deadline."""

    def __init__(self) -> None:
        self._end = 0.0

    def start(self) -> None:
        self._end = time.monotonic() + PAGE_SECONDS

    def left(self) -> float:
        return self._end - time.monotonic()


DEADLINE = Deadline()


def application(settings: Settings, reader: Reader, secret: str, *, sign_in: SignIn | None = None) -> Gate:
    """The dashboard behind its gate."""
    data = Data(reader, databases={"curated": settings.database}, parallel=PARALLEL)
    dash = create_app(Dashboard(data, snapshot=_snapshot(settings)), sign_out=SIGN_OUT)
    compress(dash.server)
    return Gate(dash.server.wsgi_app, settings=settings, sign_in=sign_in or SignIn(settings, secret), secret=secret)


def _snapshot(settings: Settings) -> Callable[[], Snapshot]:
    def read() -> Snapshot:
        if not settings.live_table:
            raise PlatformError(NO_LIVE_PATH)
        # Failed batches are files of the raw zone, which this function may not list; an alarm reports them.
        return snapshot(Table(settings.live_table), now=datetime.now(UTC), failed_batches=None)

    return read


@functools.cache
def _handler() -> Callable[[dict[str, Any], Any], dict[str, Any]]:
    settings = Settings.of(os.environ)
    pool = client("cognito-idp").describe_user_pool_client(UserPoolId=settings.user_pool, ClientId=settings.client)
    reader = AthenaReader(client("athena"), workgroup=settings.workgroup, database=settings.database, patience=DEADLINE.left)
    return make_lambda_handler(application(settings, reader, pool["UserPoolClient"]["ClientSecret"]))


def handle(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answers one request of an HTTP API (payload 2.0)."""
    DEADLINE.start()
    return _handler()(event, context)
