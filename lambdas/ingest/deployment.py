"""The services that the function's environment names.

Each is imported and connected when a request first needs it. boto3 takes longer to import than all of this package: answers to
preflights, and the tracker itself, do not wait for it.
"""

from __future__ import annotations

import json
import os
from functools import cached_property
from typing import TYPE_CHECKING

from lambdas.ingest.delivery import Stream
from lambdas.ingest.service import Storage

if TYPE_CHECKING:
    from lambdas.ingest.aws import SecretsManager


class Deployment:
    """The deployed Services; one per process."""

    @cached_property
    def stream(self) -> Stream:
        """The Kinesis stream."""
        from lambdas.ingest.aws import KinesisStream  # noqa: PLC0415 - see above

        return KinesisStream(os.environ["STREAM_NAME"])

    @cached_property
    def storage(self) -> Storage:
        """The raw bucket."""
        from lambdas.ingest.aws import RawBucket  # noqa: PLC0415 - see above

        return RawBucket(os.environ["RAW_BUCKET"])

    def server_key(self) -> str:
        """The secret key of the shop's servers."""
        return self._secrets.server_key()

    def hash_key(self) -> bytes:
        """The secret key of the hashes of personal data."""
        return self._secrets.hash_key()

    @cached_property
    def _secrets(self) -> SecretsManager:
        from lambdas.ingest.aws import SecretsManager  # noqa: PLC0415 - see above

        return SecretsManager(server_key=os.environ["SERVER_KEY_SECRET"], hash_key=os.environ["HASH_KEY_SECRET"])

    @property
    def publishable_key(self) -> str:
        """The key that pages have; it is public."""
        return os.environ["PUBLISHABLE_KEY"]

    @cached_property
    def allowed_origins(self) -> frozenset[str]:
        """The setting api.allowed_origins."""
        return frozenset(json.loads(os.environ.get("ALLOWED_ORIGINS", '["*"]')))

    @property
    def currency(self) -> str:
        """The setting api.currency."""
        return os.environ["CURRENCY"]

    @property
    def environment(self) -> str:
        """dev or prod."""
        return os.environ["ENVIRONMENT"]
