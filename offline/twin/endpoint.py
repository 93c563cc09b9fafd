"""Address and keys of the local stack, and boto3 clients with them."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import boto3
import botocore.session
from botocore.config import Config

ACCOUNT = "123456789012"
REGION = "us-east-1"


@dataclass(frozen=True)
class Endpoint:
    """Where a server listens, and the keys that it accepts. The keys never appear in a message."""

    port: int
    access_key: str = field(repr=False)
    secret_key: str = field(repr=False)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        """Environment variables that point any AWS tool at this server."""
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": self.access_key,
            "AWS_SECRET_ACCESS_KEY": self.secret_key,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_REGION": REGION,
        }

    @staticmethod
    def from_environment() -> Endpoint:
        """The server's own endpoint, in its process and in the processes that it starts."""
        port = urlsplit(os.environ["AWS_ENDPOINT_URL"]).port
        assert port
        return Endpoint(port, os.environ["AWS_ACCESS_KEY_ID"], os.environ["AWS_SECRET_ACCESS_KEY"])


def connect(service: str, endpoint: Endpoint | None = None) -> Any:
    """A boto3 client of the local stack at this endpoint. In the server's own process the endpoint is known."""
    return _client(service, endpoint or Endpoint.from_environment())


@cache
def _session() -> Any:
    """Shared by all clients, because a session is slow to load."""
    # The user's own profile and AWS files do not apply, and may be broken.
    own = {"profile": (None, None, None, None), "config_file": (None, None, os.devnull, None)}
    core = botocore.session.Session({**own, "credentials_file": (None, None, os.devnull, None)})
    return boto3.Session(region_name=REGION, botocore_session=core)


@cache
def _client(service: str, endpoint: Endpoint) -> Any:
    config = Config(
        retries={"max_attempts": 0}, proxies={}, parameter_validation=False, s3={"addressing_style": "path"}, read_timeout=60
    )
    keys = {"aws_access_key_id": endpoint.access_key, "aws_secret_access_key": endpoint.secret_key}
    return _session().client(service, endpoint_url=endpoint.url, config=config, **keys)
