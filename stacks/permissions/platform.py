"""Roles of the other stacks: Lake Formation, flow logs, the access trail and the CDK's bucket emptier."""

from __future__ import annotations

from stacks.permissions.rows import Permission

GOVERN, FLOWS, TRAIL = "govern/Role", "network/FlowRole", "observe/Trail/Role"
EMPTIER = "Custom::S3AutoDeleteObjectsCustomResourceProvider/Role"  # the CDK's own; the buckets' policies let it delete
TRUSTED = {
    GOVERN: "lakeformation.amazonaws.com",
    FLOWS: "vpc-flow-logs.amazonaws.com",
    TRAIL: "cloudtrail.amazonaws.com",
    f"observe/{EMPTIER}": "lambda.amazonaws.com",
    f"storage/{EMPTIER}": "lambda.amazonaws.com",
}
ROWS = (
    Permission(GOVERN, "list objects", ("storage/Processed", "storage/Curated"), only="govern"),
    Permission(GOVERN, "read objects", ("storage/Processed/*", "storage/Curated/*"), only="govern"),
    Permission(GOVERN, "decrypt", ("storage/Key",), only="govern"),
    Permission(FLOWS, "write flow logs", ("network/Flows",), only="private"),
    Permission(TRAIL, "write log events", ("observe/Trail/Logs",), only="data_events"),
    Permission(f"storage/{EMPTIER}", "run as a Lambda function", ("*",), only="deletion"),
    Permission(f"observe/{EMPTIER}", "run as a Lambda function", ("*",), only="deletion data_events"),
)
