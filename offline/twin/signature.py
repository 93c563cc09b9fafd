"""Verifies that a request is signed with the local stack's own keys.

All of AWS's clients sign with version 4, in a header or in the query of a presigned URL; boto3 presigns S3 URLs with version 2.
The signature covers method, path, query, signed headers and the hash of the body. Three things are not verified: the body of an
S3 upload against its hash, because it may be large and chunked; the signatures of single chunks, which AWS's clients send only
after the signed header; and the age of a signed header, because jobs may run under another clock. A presigned URL expires.
Presigned forms (`generate_presigned_post`) carry their signature in the body and are refused.
"""

from __future__ import annotations

import hmac
import re
import time
from calendar import timegm
from io import BytesIO
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from botocore.auth import UNSIGNED_PAYLOAD, HmacV1Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.compat import HTTPHeaders
from botocore.credentials import Credentials

from offline.serving.guard import Environ

HEADER = re.compile(r"AWS4-HMAC-SHA256\s+Credential=([^,\s]+),\s*SignedHeaders=([^,\s]+),\s*Signature=([0-9a-f]{64})\s*")
DATE = "%Y%m%dT%H%M%SZ"
SPARED = ("s3",)
"""Services whose body is not read to compute its hash, and whose path is encoded only once."""


def is_signed(environ: Environ, access_key: str, secret_key: str) -> bool:
    """Whether this request is signed with these keys. May replace `wsgi.input`, when it has read the body."""
    own = Credentials(access_key, secret_key)
    query = dict(parse_qsl(environ.get("QUERY_STRING", ""), keep_blank_values=True))
    try:
        if match := HEADER.fullmatch(environ.get("HTTP_AUTHORIZATION", "")):
            timestamp = environ["HTTP_X_AMZ_DATE"]
            return _is_version_4(environ, own, credential=match[1], names=match[2], signature=match[3], timestamp=timestamp)
        if "X-Amz-Credential" in query:
            timestamp = query["X-Amz-Date"]
            expires = timegm(time.strptime(timestamp, DATE)) + int(query["X-Amz-Expires"])
            names, signature = query["X-Amz-SignedHeaders"], query["X-Amz-Signature"]
            return time.time() < expires and _is_version_4(
                environ, own, credential=query["X-Amz-Credential"], names=names, signature=signature, timestamp=timestamp
            )
        return "AWSAccessKeyId" in query and time.time() < int(query["Expires"]) and _is_version_2(environ, own, query)
    except (KeyError, ValueError):
        # A part of the signature is missing or malformed.
        return False


class _Version4(SigV4Auth):
    """botocore's signer, for the headers that the client has chosen."""

    def __init__(self, credentials: Credentials, service: str, region: str, names: list[str]) -> None:
        super().__init__(credentials, service, region)
        self._names, self._service = names, service

    def headers_to_sign(self, request: Any) -> Any:
        signed = HTTPHeaders()
        for name in self._names:
            signed[name] = request.headers[name]
        return signed

    def _normalize_url_path(self, path: str) -> str:
        return path if self._service in SPARED else str(super()._normalize_url_path(path))


def _is_version_4(environ: Environ, own: Credentials, *, credential: str, names: str, signature: str, timestamp: str) -> bool:
    access_key, date, region, service, _ = credential.split("/")
    if not _equal(access_key, own.access_key) or timestamp[:8] != date or "host" not in names.split(";"):
        return False
    signer = _Version4(own, service, region, names.split(";"))
    request = _request(environ, spare_body=service in SPARED)
    request.context["timestamp"] = timestamp
    return _equal(signer.signature(signer.string_to_sign(request, signer.canonical_request(request)), request), signature)


def _request(environ: Environ, *, spare_body: bool) -> AWSRequest:
    path, _, query = _target(environ).partition("?")
    pairs = [pair.partition("=") for pair in query.split("&") if pair]
    params = [(unquote(name), unquote(value)) for name, _, value in pairs if name != "X-Amz-Signature"]
    headers = _headers(environ)
    body = b""
    if spare_body:
        headers.setdefault("x-amz-content-sha256", UNSIGNED_PAYLOAD)
        path = quote(unquote(path), safe="/-_.~")
    else:
        # A chunked body has no length.
        length = None if environ.get("wsgi.input_terminated") else int(environ.get("CONTENT_LENGTH") or 0)
        body = environ["wsgi.input"].read(length)
        environ["wsgi.input"] = BytesIO(body)
        headers.pop("x-amz-content-sha256", None)
    url = f"http://{environ['HTTP_HOST']}{path}"
    return AWSRequest(environ["REQUEST_METHOD"], url, headers=headers, params=params, data=body)


class _Version2(HmacV1Auth):
    """botocore's signer, for the time that the URL states."""

    def __init__(self, credentials: Credentials, expires: str) -> None:
        super().__init__(credentials)
        self._expires = expires

    def _get_date(self) -> str:
        return self._expires


def _is_version_2(environ: Environ, own: Credentials, query: dict[str, str]) -> bool:
    headers = HTTPHeaders()
    for name, value in (_headers(environ) | query).items():
        if name.lower().startswith("x-amz-") or name.lower() in ("content-md5", "content-type"):
            headers[name] = value
    target = urlsplit(f"http://{environ['HTTP_HOST']}{_target(environ)}")
    expected = _Version2(own, query["Expires"]).get_signature(environ["REQUEST_METHOD"], target, headers)
    return _equal(query["AWSAccessKeyId"], own.access_key) and _equal(expected, query["Signature"])


def _target(environ: Environ) -> str:
    """Path and query as they were sent; some clients send the whole URL."""
    sent = urlsplit(environ["REQUEST_URI"]) if environ["REQUEST_URI"].startswith("http") else None
    return f"{sent.path}?{sent.query}" if sent else str(environ["REQUEST_URI"])


def _headers(environ: Environ) -> dict[str, str]:
    names = {"CONTENT_TYPE": "content-type", "CONTENT_LENGTH": "content-length"}
    names |= {name: name.removeprefix("HTTP_").replace("_", "-").lower() for name in environ if name.startswith("HTTP_")}
    return {name: environ[key] for key, name in names.items() if key in environ}


def _equal(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())
