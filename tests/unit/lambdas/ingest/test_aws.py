"""The function against moto's Kinesis, S3 and Secrets Manager, through its handler; and faults of boto3 as it reports them."""

from __future__ import annotations

import contextlib
import gzip
import json
import urllib.error
import urllib.request
from typing import Any
from urllib.parse import parse_qs, urlsplit

import boto3
import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from lambdas.ingest import handler
from lambdas.ingest.aws import KinesisStream, RawBucket, SecretsManager
from lambdas.ingest.delivery import StreamError
from lambdas.ingest.deployment import Deployment
from lambdas.ingest.errors import RequestError
from lambdas.ingest.files import Upload
from lambdas.ingest.packing import Record
from lambdas.ingest.service import StorageError
from tests.support.lazy import lazy
from tests.support.shop_api import PUBLISHABLE, SERVER, VIEW

mock_aws = lazy("moto", "mock_aws")
ThreadedMotoServer = lazy("moto.server", "ThreadedMotoServer")

REGION = "eu-central-1"
RECORDS = [Record("ann", b"1\n", (0,)), Record("bob", b"2\n", (1,))]


class Context:
    def get_remaining_time_in_millis(self) -> int:
        return 25_000


@pytest.fixture
def deployed(monkeypatch: pytest.MonkeyPatch):
    """A stream, a bucket and two secrets, and the function's environment."""
    environment = {
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "STREAM_NAME": "shop-events",
        "RAW_BUCKET": "shop-raw",
        "PUBLISHABLE_KEY": PUBLISHABLE,
        "ENVIRONMENT": "dev",
        "CURRENCY": "EUR",
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with mock_aws():
        boto3.client("kinesis").create_stream(StreamName="shop-events", ShardCount=2)
        boto3.client("s3").create_bucket(Bucket="shop-raw", CreateBucketConfiguration={"LocationConstraint": REGION})
        secrets = boto3.client("secretsmanager")
        for variable, value in (("SERVER_KEY_SECRET", SERVER), ("HASH_KEY_SECRET", "hash-key")):
            monkeypatch.setenv(variable, secrets.create_secret(Name=variable, SecretString=value)["ARN"])
        monkeypatch.setattr(handler, "_DEPLOYMENT", Deployment())
        yield


def call(path: str, body: Any, key: str) -> tuple[int, dict[str, Any]]:
    event = {
        "httpMethod": "POST",
        "path": path,
        "headers": {"X-Api-Key": key, "Content-Type": "application/json"},
        "queryStringParameters": None,
        "requestContext": {"identity": {"sourceIp": "203.0.113.77"}},
        "body": json.dumps(body),
        "isBase64Encoded": False,
    }
    reply = handler.handle(event, Context())
    return reply["statusCode"], json.loads(reply["body"])


def records_of_stream() -> list[dict[str, Any]]:
    client = boto3.client("kinesis")
    shards = client.list_shards(StreamName="shop-events")["Shards"]
    iterators = [
        client.get_shard_iterator(StreamName="shop-events", ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON")
        for shard in shards
    ]
    return [record for iterator in iterators for record in client.get_records(ShardIterator=iterator["ShardIterator"])["Records"]]


@pytest.mark.usefixtures("deployed")
def test_events_reach_the_stream_and_rejected_ones_the_bucket(capsys: pytest.CaptureFixture[str]):
    order = {"event_type": "order", "event_time": "2026-11-26T10:00:00Z", "order_id": "o1", "email": "ann@example.com"}
    status, answer = call("/v1/events", [VIEW, order, {**VIEW, "event_id": "e3"}, {"event_type": "x"}], SERVER)
    assert (status, answer["accepted"], answer["rejected"]) == (200, 3, 1)
    # THEN Kinesis has two records: both events of ann in one
    records = {record["PartitionKey"]: record["Data"].decode().splitlines() for record in records_of_stream()}
    assert {key: len(lines) for key, lines in records.items()} == {"ann": 2, answer["results"][1]["event_id"]: 1}
    hashed = json.loads(records[answer["results"][1]["event_id"]][0])["email_hash"]
    assert hashed == "0b78e6f74060503f216af56665ed4c677c70204ee16c93fe192bde9bdab53d77"
    # THEN the bucket has the wrong one
    client = boto3.client("s3")
    (entry,) = client.list_objects_v2(Bucket="shop-raw")["Contents"]
    content = gzip.decompress(client.get_object(Bucket="shop-raw", Key=entry["Key"])["Body"].read())
    assert json.loads(content)["body"] == '{"event_type": "x"}'
    # THEN CloudWatch gets the counts
    metrics = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert {name: metrics[name] for name in ("Service", "Environment", "Accepted", "Rejected", "Failed")} == {
        "Service": "ingest",
        "Environment": "dev",
        "Accepted": 3,
        "Rejected": 1,
        "Failed": 0,
    }
    assert metrics["_aws"]["CloudWatchMetrics"] == [
        {
            "Namespace": "Shoplake",
            "Dimensions": [["Service", "Environment"]],
            "Metrics": [{"Name": name, "Unit": "Count"} for name in ("Accepted", "Rejected", "Failed")],
        }
    ]


@pytest.mark.usefixtures("deployed")
@pytest.mark.parametrize("size", [1024, 1024.0])
def test_an_upload_is_signed_with_size_and_type_and_replaces_nothing(size: float):
    status, answer = call("/v1/files/my_shop", {"kind": "orders", "name": "orders.csv.gz", "size": size}, SERVER)
    assert status == 201
    assert answer["headers"] == {"content-type": "application/gzip", "content-length": "1024", "if-none-match": "*"}
    address = urlsplit(answer["url"])
    query = parse_qs(address.query)
    assert address.path.endswith("orders.csv.gz")
    assert query["X-Amz-SignedHeaders"] == ["content-length;content-type;host;if-none-match"]
    assert query["X-Amz-Expires"] == ["900"]


@pytest.mark.usefixtures("deployed")
def test_a_deployment_without_secrets_answers_503(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SERVER_KEY_SECRET", "gone")
    status, answer = call("/v1/events", VIEW, SERVER)
    assert (status, answer["errors"][0]["code"]) == (503, 5033)


@pytest.mark.usefixtures("deployed")
def test_a_rotated_key_is_noticed_and_an_old_one_serves_while_secrets_are_down(monkeypatch: pytest.MonkeyPatch):
    now = [1000.0]
    monkeypatch.setattr("lambdas.ingest.aws.time.monotonic", lambda: now[0])
    client = boto3.client("secretsmanager")
    secrets = SecretsManager(server_key="SERVER_KEY_SECRET", hash_key="HASH_KEY_SECRET", client=client)
    assert (secrets.server_key(), secrets.hash_key()) == (SERVER, b"hash-key")
    client.put_secret_value(SecretId="SERVER_KEY_SECRET", SecretString="rotated")
    assert secrets.server_key() == SERVER
    now[0] += 300
    assert secrets.server_key() == "rotated"
    client.delete_secret(SecretId="SERVER_KEY_SECRET", ForceDeleteWithoutRecovery=True)
    now[0] += 300
    assert secrets.server_key() == "rotated"


class Client:
    """A boto3 client whose calls end in one way."""

    def __init__(self, outcome: Any) -> None:
        self.outcome = outcome

    def put_records(self, **_: Any) -> Any:
        if isinstance(self.outcome, Exception):
            raise self.outcome
        return self.outcome

    put_object = get_secret_value = put_records


def refusal(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "m"}}, "PutRecords")


def test_failed_records_are_known_by_their_codes():
    results = [{"SequenceNumber": "1"}, {"ErrorCode": "ProvisionedThroughputExceededException", "ErrorMessage": "m"}]
    stream = KinesisStream("s", Client({"FailedRecordCount": 1, "Records": results}))
    assert stream.put(RECORDS) == [None, "ProvisionedThroughputExceededException"]


@pytest.mark.parametrize(
    ("outcome", "code", "may_pass"),
    [
        (refusal("ProvisionedThroughputExceededException"), "ProvisionedThroughputExceededException", True),
        (refusal("InternalFailure"), "InternalFailure", True),
        (refusal("AccessDeniedException"), "AccessDeniedException", False),
        (refusal("ResourceNotFoundException"), "ResourceNotFoundException", False),
        (ReadTimeoutError(endpoint_url="https://kinesis"), "ReadTimeoutError", True),
    ],
)
def test_a_call_that_fails_says_whether_it_may_pass(outcome, code, may_pass):
    with pytest.raises(StreamError) as failure:
        KinesisStream("s", Client(outcome)).put(RECORDS)
    assert (failure.value.code, failure.value.may_pass) == (code, may_pass)


def test_other_faults_of_aws_become_our_errors():
    with pytest.raises(StorageError, match="SlowDown"):
        RawBucket("b", Client(refusal("SlowDown"))).store("k", b"")
    with pytest.raises(RequestError):
        SecretsManager(server_key="a", hash_key="b", client=Client(refusal("Throttling"))).hash_key()


def test_a_file_is_uploaded_by_the_presigned_url_and_never_replaced(monkeypatch: pytest.MonkeyPatch):
    # GIVEN an S3 over HTTP
    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        for name, value in {"ENDPOINT_URL": f"http://{host}:{port}", "ACCESS_KEY_ID": "a", "SECRET_ACCESS_KEY": "b"}.items():
            monkeypatch.setenv(f"AWS_{name}", value)
        client = boto3.client("s3", region_name="us-east-1")
        client.create_bucket(Bucket="uploads")
        upload = Upload("shop/orders/ingest_date=2026-11-26/orders.csv", 4, "text/csv")
        url, headers = RawBucket("uploads", client).presigned(upload, seconds=900)
        # WHEN the file is sent, and then another one to the same place
        for data in (b"a,b\n", b"c,d\n"):
            request = urllib.request.Request(url, data=data, headers=dict(headers), method="PUT")
            with contextlib.suppress(urllib.error.HTTPError), urllib.request.urlopen(request) as reply:
                assert (reply.status, data) == (200, b"a,b\n")
        # THEN the first one is there
        assert client.get_object(Bucket="uploads", Key=upload.key)["Body"].read() == b"a,b\n"
    finally:
        server.stop()
