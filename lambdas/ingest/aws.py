"""The stream, the raw bucket and the secrets on AWS."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from lambdas.common import logs
from lambdas.ingest.delivery import StreamError
from lambdas.ingest.errors import NO_SECRET, Problem, RequestError
from lambdas.ingest.files import Upload
from lambdas.ingest.packing import Record
from lambdas.ingest.service import RETRY_AFTER, StorageError

CALL_SECONDS = 3.0  # and 1 s to connect; PutRecords usually takes some 20 ms
SECRET_SECONDS = 300.0
# What no retry changes: wrong permissions, names or sizes.
FINAL = {"AccessDeniedException", "ResourceNotFoundException", "InvalidArgumentException", "ValidationException"}


class KinesisStream:
    """A Kinesis stream. Retries are delivery.py's alone: it knows the time that is left, and which records failed."""

    def __init__(self, name: str, client: Any = None) -> None:
        self._name = name
        self._client = client or boto3.client("kinesis", config=_config(CALL_SECONDS))

    def put(self, records: Sequence[Record]) -> list[str | None]:
        """One PutRecords; see Stream."""
        entries = [{"Data": record.data, "PartitionKey": record.partition_key} for record in records]
        try:
            response = self._client.put_records(StreamName=self._name, Records=entries)
        except ClientError as error:
            code = str(error.response.get("Error", {}).get("Code", "Unknown"))
            raise StreamError(code, may_pass=code not in FINAL) from None
        except BotoCoreError as error:
            raise StreamError(type(error).__name__) from None
        return [result.get("ErrorCode") for result in response["Records"]]


class RawBucket:
    """The bucket of the raw zone."""

    def __init__(self, name: str, client: Any = None) -> None:
        self._name = name
        self._client = client or boto3.client("s3", config=_config(CALL_SECONDS, attempts=3, signature_version="s3v4"))

    def store(self, key: str, content: bytes) -> None:
        """Store an object; see Storage."""
        try:
            self._client.put_object(Bucket=self._name, Key=key, Body=content, ContentType="application/gzip")
        except (ClientError, BotoCoreError) as error:
            raise StorageError(_name_of(error)) from None

    def presigned(self, upload: Upload, *, seconds: int) -> tuple[str, Mapping[str, str]]:
        """A URL for exactly this key, size and type, which never replaces an object: files in raw do not change."""
        parameters = {
            "Bucket": self._name,
            "Key": upload.key,
            "ContentLength": upload.size,
            "ContentType": upload.content_type,
            "IfNoneMatch": "*",
        }
        url = self._client.generate_presigned_url("put_object", Params=parameters, ExpiresIn=seconds)
        headers = {"content-type": upload.content_type, "content-length": str(upload.size), "if-none-match": "*"}
        return str(url), headers


class SecretsManager:
    """The two secrets, read when first needed and again every five minutes, so that a rotated key is noticed."""

    def __init__(self, *, server_key: str, hash_key: str, client: Any = None) -> None:
        self._names = {"server key": server_key, "hash key": hash_key}
        self._client = client or boto3.client("secretsmanager", config=_config(CALL_SECONDS, attempts=3))
        self._values: dict[str, tuple[float, str]] = {}

    def server_key(self) -> str:
        """The server key."""
        return self._value("server key")

    def hash_key(self) -> bytes:
        """The key of the hashes."""
        return self._value("hash key").encode()

    def _value(self, which: str) -> str:
        read_at, value = self._values.get(which, (0.0, ""))
        if value and time.monotonic() - read_at < SECRET_SECONDS:
            return value
        try:
            value = str(self._client.get_secret_value(SecretId=self._names[which])["SecretString"])
        except (ClientError, BotoCoreError) as error:
            logs.error("secret not read", secret=which, reason=_name_of(error))
            if value:
                return value
            raise RequestError(Problem(NO_SECRET, NO_SECRET.meaning), headers=dict(RETRY_AFTER)) from None
        self._values[which] = (time.monotonic(), value)
        return value


def _config(seconds: float, *, attempts: int = 1, **more: Any) -> Config:
    retries = {"total_max_attempts": attempts, "mode": "standard"}
    return Config(connect_timeout=1, read_timeout=seconds, retries=retries, **more)


def _name_of(error: Exception) -> str:
    """The code of an error; its text may hold names of keys."""
    return str(error.response.get("Error", {}).get("Code")) if isinstance(error, ClientError) else type(error).__name__
