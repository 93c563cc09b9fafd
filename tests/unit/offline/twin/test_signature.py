"""Requests as AWS's clients sign them are accepted with the right keys, and no others."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote, urlsplit

import boto3
import pytest
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.config import Config

from offline.twin.signature import is_signed

KEYS = ("TWIN0123456789ABCDEF", "a secret")
Call = Callable[[Any], Any]
CALLS: dict[str, tuple[str, Call]] = {
    "s3 list": ("s3", lambda s3: s3.list_buckets()),
    "s3 query": ("s3", lambda s3: s3.list_objects_v2(Bucket="box", Prefix="a b/é+%20&=", Delimiter="/")),
    "s3 put": ("s3", lambda s3: s3.put_object(Bucket="box", Key="é 100%/a+b=c//~", Body=b"bytes", Metadata={"a": "b  c"})),
    "s3 trailer": ("s3", lambda s3: s3.put_object(Bucket="box", Key="k", Body=b"bytes", ChecksumAlgorithm="SHA256")),
    "s3 sub-resource": ("s3", lambda s3: s3.get_bucket_versioning(Bucket="box")),
    "json": ("glue", lambda glue: glue.get_job_runs(JobName="é")),
    "query protocol": ("sts", lambda sts: sts.get_caller_identity()),
    "rest": ("lakeformation", lambda client: client.list_permissions()),
    "rest with a path": ("lambda", lambda client: client.get_function(FunctionName="arn:aws:lambda:us-east-1:1:function:a b")),
}


def signed(service: str, call: Call, keys: tuple[str, str] = KEYS) -> dict[str, Any]:
    """The WSGI environment of the request that boto3 would send."""
    sent: list[AWSPreparedRequest] = []
    client = boto3.client(
        service,
        endpoint_url="http://127.0.0.1:5000",
        region_name="us-east-1",
        aws_access_key_id=keys[0],
        aws_secret_access_key=keys[1],
        config=Config(parameter_validation=False, retries={"max_attempts": 0}),
    )

    def keep(request: AWSPreparedRequest, **_: Any) -> AWSResponse:
        sent.append(request)
        return AWSResponse(request.url, 400, {}, io.BytesIO())

    client.meta.events.register("before-send", keep)
    with pytest.raises(Exception):  # noqa: B017, PT011 - what boto3 makes of the empty answer does not matter
        call(client)
    return environ(sent[0].method, sent[0].url, dict(sent[0].headers.items()), body=sent[0].body)


def environ(method: str, url: str, headers: dict[str, Any] | None = None, *, body: Any = b"") -> dict[str, Any]:
    parts = urlsplit(url)
    data = body.read() if hasattr(body, "read") else (body or b"")
    data = data.encode() if isinstance(data, str) else data
    texts = {name: value.decode() if isinstance(value, bytes) else value for name, value in (headers or {}).items()}
    fields = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in texts.items()}
    for name in ("CONTENT_TYPE", "CONTENT_LENGTH"):
        if f"HTTP_{name}" in fields:
            fields[name] = fields.pop(f"HTTP_{name}")
    target = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
    return {
        "REQUEST_METHOD": method,
        "REQUEST_URI": target,
        "PATH_INFO": unquote(parts.path),
        "QUERY_STRING": parts.query,
        "HTTP_HOST": parts.netloc,
        "wsgi.input": io.BytesIO(data),
        **fields,
    }


@pytest.mark.parametrize("name", CALLS)
def test_a_request_of_boto3_is_accepted_with_the_own_keys_only(name: str) -> None:
    service, call = CALLS[name]
    request = signed(service, call)
    assert is_signed(request, *KEYS)
    assert not is_signed(signed(service, call), KEYS[0], "another secret")
    assert not is_signed(signed(service, call), "TWIN0000000000000000", KEYS[1])


def test_the_body_can_be_read_after_the_check() -> None:
    request = signed(*CALLS["json"])
    assert is_signed(request, *KEYS)
    assert request["wsgi.input"].read() == b'{"JobName": "\\u00e9"}'


@pytest.mark.parametrize(
    "change",
    [
        {"REQUEST_METHOD": "PUT"},
        {"REQUEST_URI": "/other"},
        {"HTTP_HOST": "127.0.0.1:5001"},
        {"HTTP_X_AMZ_TARGET": "AWSGlue.StartJobRun"},
        {"HTTP_X_AMZ_DATE": "20200101T000000Z"},
        {"wsgi.input": io.BytesIO(b'{"JobName": "other"}'), "CONTENT_LENGTH": "20"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_changed_request_is_refused(change: dict[str, Any]) -> None:
    assert not is_signed(signed(*CALLS["json"]) | change, *KEYS)


# The first is what the page in the report of this fault sends.
SPELLINGS = [
    "AWS4-HMAC-SHA256 Credential=x/20261125/us-east-1/glue/aws4_request, SignedHeaders=host, Signature=0",
    f"AWS4-HMAC-SHA256 Credential={KEYS[0]}/20261125/us-east-1/glue/aws4_request, SignedHeaders=host, Signature={'0' * 64}",
    f"AWS4-HMAC-SHA256 Credential={KEYS[0]}/x, SignedHeaders=host, Signature={'0' * 64}",
    f"AWS4-HMAC-SHA256 Credential={KEYS[0]}/20261125/us-east-1/s3/aws4_request, SignedHeaders=nosuch, Signature={'0' * 64}",
    f"AWS {KEYS[0]}:c2lnbmF0dXJl",
    f"Bearer {KEYS[0]}",
    KEYS[1],
    "é",
    "",
]


@pytest.mark.parametrize("header", SPELLINGS)
def test_a_header_that_is_no_signature_is_refused(header: str) -> None:
    request = environ("GET", "http://127.0.0.1:5000/", {"Authorization": header, "X-Amz-Date": "20261125T000000Z"})
    assert not is_signed(request, *KEYS)


def test_a_request_without_a_signature_is_refused() -> None:
    assert not is_signed(environ("GET", "http://127.0.0.1:5000/"), *KEYS)


def presigned(version: str, *, seconds: int = 60, method: str = "get_object", **parameters: str) -> str:
    client = boto3.client(
        "s3",
        endpoint_url="http://127.0.0.1:5000",
        region_name="us-east-1",
        aws_access_key_id=KEYS[0],
        aws_secret_access_key=KEYS[1],
        config=Config(signature_version=version),
    )
    url: str = client.generate_presigned_url(
        method, Params={"Bucket": "box", "Key": "é 100%/a+b", **parameters}, ExpiresIn=seconds
    )
    return url


@pytest.mark.parametrize("version", ["s3", "s3v4"])
def test_a_presigned_url_is_accepted_until_it_expires(version: str) -> None:
    url = presigned(version, ResponseContentType="text/plain")
    assert is_signed(environ("GET", url), *KEYS)
    assert is_signed(environ("PUT", presigned(version, method="put_object"), body=b"bytes"), *KEYS)
    assert not is_signed(environ("PUT", url), *KEYS)
    assert not is_signed(environ("GET", url.replace("/a%2Bb", "/other")), *KEYS)
    assert not is_signed(environ("GET", url), KEYS[0], "another secret")
    assert not is_signed(environ("GET", url), "TWIN0000000000000000", KEYS[1])
    assert not is_signed(environ("GET", presigned(version, seconds=-1)), *KEYS)


@pytest.mark.parametrize("part", ["X-Amz-Date", "X-Amz-Expires", "X-Amz-SignedHeaders", "X-Amz-Signature", "X-Amz-Credential"])
def test_a_presigned_url_without_a_part_is_refused(part: str) -> None:
    base, _, query = presigned("s3v4").partition("?")
    rest = "&".join(pair for pair in query.split("&") if not pair.startswith(f"{part}="))
    assert not is_signed(environ("GET", f"{base}?{rest}"), *KEYS)
