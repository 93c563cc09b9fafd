"""The roles of the live path: its three functions, Firehose, and API Gateway's logs."""

from __future__ import annotations

from collections.abc import Iterator

from stacks.permissions.rows import Permission

INGEST, LIVE, SERVING = "ingest/Ingest/Role", "live/Live/Role", "serving/Serving/Role"
DELIVERY, ACCOUNT = "ingest/Delivery/Role", "api/Account/Role"
STREAM, LIVE_TABLE, SERVING_TABLE = "ingest/Stream", "serving/LiveTable", "serving/ServingTable"
THROUGH_TABLES = "StringEquals kms:ViaService=dynamodb.<Region>.amazonaws.com"
TRUSTED = {
    INGEST: "lambda.amazonaws.com",
    LIVE: "lambda.amazonaws.com",
    SERVING: "lambda.amazonaws.com",
    DELIVERY: "firehose.amazonaws.com",
    ACCOUNT: "apigateway.amazonaws.com",
}


def function(role: str, *, only: str = "live") -> Iterator[Permission]:
    """What every function may do, apart from its own data."""
    yield Permission(role, "write log events", (role.replace("/Role", "/Logs"),), only=only)
    yield Permission(role, "write traces", ("*",), only=only)
    yield Permission(role, "encrypt and decrypt", ("storage/Key",), only=only)


ROWS = (
    *function(INGEST),
    Permission(INGEST, "put records", (STREAM,), only="live"),
    Permission(INGEST, "read secrets", ("ingest/ServerKey", "ingest/HashKey"), only="live"),
    Permission(INGEST, "put objects", ("storage/Raw/*/ingest_date=*",), only="live"),
    *function(LIVE),
    Permission(LIVE, "consume the stream", (STREAM,), only="live"),
    Permission(LIVE, "read and write items", (LIVE_TABLE,), only="live"),
    Permission(LIVE, "use the key to write items", ("storage/Key",), when=THROUGH_TABLES, only="live"),
    Permission(LIVE, "publish to the topic", ("processing/AlertTopic",), only="live"),
    Permission(LIVE, "list objects by prefix", ("storage/Raw",), only="live"),
    Permission(LIVE, "put objects", ("storage/Raw/aws/lambda/*",), only="live"),
    *function(SERVING),
    Permission(SERVING, "read items", (LIVE_TABLE, SERVING_TABLE), only="live"),
    Permission(SERVING, "use the key to read items", ("storage/Key",), when=THROUGH_TABLES, only="live"),
    Permission(DELIVERY, "read the stream", (STREAM,), only="live"),
    Permission(DELIVERY, "list objects and uploads", ("storage/Raw",), only="live"),
    Permission(DELIVERY, "add files", ("storage/Raw/stream/events/*", "storage/Raw/undelivered/stream/*"), only="live"),
    Permission(DELIVERY, "encrypt and decrypt", ("storage/Key",), only="live"),
    Permission(DELIVERY, "put log events", ("ingest/Delivery/Logs",), only="live"),
    Permission(ACCOUNT, "push API logs", ("*",), only="live account_role"),
)
