"""boto3 clients of the local stack."""

from __future__ import annotations

import os
from functools import cache
from typing import Any

import boto3
import botocore.session
from botocore.config import Config

ACCOUNT = "123456789012"
REGION = "us-east-1"
PORT_VARIABLE = "SHOPLAKE_TWIN_PORT"


def connect(service: str, port: int | None = None) -> Any:
    """A boto3 client of the local stack at this port. In the server's own process the port is known."""
    return _client(service, port or int(os.environ[PORT_VARIABLE]))


@cache
def _session() -> Any:
    """Shared by all clients, because a session is slow to load."""
    # The user's own profile and AWS files do not apply, and may be broken.
    own = {"profile": (None, None, None, None), "config_file": (None, None, os.devnull, None)}
    core = botocore.session.Session({**own, "credentials_file": (None, None, os.devnull, None)})
    return boto3.Session("twin", "twin", region_name=REGION, botocore_session=core)


@cache
def _client(service: str, port: int) -> Any:
    config = Config(
        retries={"max_attempts": 0}, proxies={}, parameter_validation=False, s3={"addressing_style": "path"}, read_timeout=60
    )
    return _session().client(service, endpoint_url=f"http://127.0.0.1:{port}", config=config)
