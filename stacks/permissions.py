"""Who may do what to which resource: the whole list, as plain data.

The policies are made elsewhere, where roles and resources meet. This table is written by hand beside them; a test compares the
two statement by statement, in both directions, so whoever widens a role has to say so here as well. docs/security.md is made
of it. Resources are paths of constructs (storage/Raw is the bucket, storage/Raw/* its objects), or service:rest of an ARN.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import NamedTuple

from stacks.config import LakeConfig

ACTIONS = {
    "list objects": ("s3:GetBucketLocation", "s3:ListBucket"),
    "find the bucket": ("s3:GetBucketLocation",),
    "list some objects": ("s3:ListBucket",),
    "read objects": ("s3:GetObject",),
    "write objects": (
        "s3:AbortMultipartUpload",
        "s3:DeleteObject",
        "s3:GetObject",
        "s3:ListMultipartUploadParts",
        "s3:PutObject",
    ),
    "add objects": ("s3:AbortMultipartUpload", "s3:GetObject", "s3:ListMultipartUploadParts", "s3:PutObject"),
    "decrypt": ("kms:Decrypt",),
    "encrypt and decrypt": ("kms:Decrypt", "kms:GenerateDataKey"),
    "write its log": ("logs:AssociateKmsKey", "logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"),
    "write events": ("logs:CreateLogStream", "logs:PutLogEvents"),
    "write flows": ("logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"),
    "deliver its log": (
        "logs:CreateLogDelivery",
        "logs:DeleteLogDelivery",
        "logs:DescribeLogGroups",
        "logs:DescribeResourcePolicies",
        "logs:GetLogDelivery",
        "logs:ListLogDeliveries",
        "logs:PutResourcePolicy",
        "logs:UpdateLogDelivery",
    ),
    "trace": ("xray:GetSamplingRules", "xray:GetSamplingTargets", "xray:PutTelemetryRecords", "xray:PutTraceSegments"),
    "tell metrics": ("cloudwatch:PutMetricData",),
    "learn how Glue encrypts": ("glue:GetSecurityConfiguration",),
    "run jobs": ("glue:BatchStopJobRun", "glue:GetJobRun", "glue:GetJobRuns", "glue:StartJobRun"),
    "start the batch": ("states:StartExecution",),
    "notify": ("sns:Publish",),
    "learn its connection": ("glue:GetConnection",),
    "look at the network": (
        "ec2:DescribeNetworkInterfaces",
        "ec2:DescribeRouteTables",
        "ec2:DescribeSecurityGroups",
        "ec2:DescribeSubnets",
        "ec2:DescribeVpcAttribute",
        "ec2:DescribeVpcEndpoints",
    ),
    "join the network": ("ec2:CreateNetworkInterface",),
    "leave the network": ("ec2:DeleteNetworkInterface",),
    "mark interfaces": ("ec2:CreateTags", "ec2:DeleteTags"),
    "run as a function": ("policy:AWSLambdaBasicExecutionRole",),
    "look up tables": (
        "glue:GetDatabase",
        "glue:GetDatabases",
        "glue:GetPartition",
        "glue:GetPartitions",
        "glue:GetTable",
        "glue:GetTables",
    ),
    "see tables": ("glue:GetPartition", "glue:GetPartitions", "glue:GetTable", "glue:GetTables"),
    "open what is granted": ("lakeformation:GetDataAccess",),
    "browse": (
        "athena:GetDataCatalog",
        "athena:GetDatabase",
        "athena:GetTableMetadata",
        "athena:ListDatabases",
        "athena:ListTableMetadata",
    ),
    "ask": (
        "athena:BatchGetNamedQuery",
        "athena:BatchGetQueryExecution",
        "athena:GetNamedQuery",
        "athena:GetQueryExecution",
        "athena:GetQueryResults",
        "athena:GetQueryResultsStream",
        "athena:GetQueryRuntimeStatistics",
        "athena:GetWorkGroup",
        "athena:ListNamedQueries",
        "athena:ListQueryExecutions",
        "athena:StartQueryExecution",
        "athena:StopQueryExecution",
    ),
}
ACCOUNT = "iam:root"
EMPTIER = "Custom::S3AutoDeleteObjectsCustomResourceProvider/Role"  # the CDK's own; the buckets' policies let it delete
# Who may become the role, by the role's path.
TRUSTED = {
    "govern/Role": "lakeformation.amazonaws.com",
    "network/FlowRole": "vpc-flow-logs.amazonaws.com",
    "observe/Trail/Role": "cloudtrail.amazonaws.com",
    "processing/Batch/Role": "states.amazonaws.com",
    "processing/Batch/ScheduleRole": "scheduler.amazonaws.com",
    "processing/Conform/Role": "glue.amazonaws.com",
    "processing/Marts/Role": "glue.amazonaws.com",
    "processing/Profiling/Role": "glue.amazonaws.com",
    "processing/Recommend/Role": "glue.amazonaws.com",
    "processing/Segment/Role": "glue.amazonaws.com",
    "processing/Value/Role": "glue.amazonaws.com",
    "query/Analyst/Role": ACCOUNT,
    "query/Bi/Role": ACCOUNT,
    f"observe/{EMPTIER}": "lambda.amazonaws.com",
    f"storage/{EMPTIER}": "lambda.amazonaws.com",
}


class Fact(NamedTuple):
    """One role may do one action to one resource, or never (the action is "DENY …"); `when` is the condition, empty for none."""

    role: str
    action: str
    resource: str
    when: str = ""


@dataclass(frozen=True)
class Permission:
    """A line of the table; `never` says that the role may not, whatever another line says.

    `only` names the settings without which the line does not exist; no-govern is a lake without Lake Formation.
    """

    role: str
    may: str
    on: tuple[str, ...]
    when: str = ""
    only: str = ""
    never: bool = False


def _job(name: str) -> Iterator[Permission]:
    """What every Glue job may do beside its own data."""
    role, logs = f"processing/{name}/Role", (f"processing/{name}/Output", f"processing/{name}/Error")
    subnets = ("network/Vpc/jobsSubnet1/Subnet", "network/Vpc/jobsSubnet2/Subnet")
    interfaces = "ec2:network-interface/*"
    yield Permission(role, "read objects", ("assets/*.py", "assets/*.zip"))
    yield Permission(role, "list objects", ("storage/Results",))
    yield Permission(role, "write objects", (f"storage/Results/spark-ui/{name.lower()}/*",))
    yield Permission(role, "encrypt and decrypt", ("storage/Key",))
    yield Permission(role, "write its log", logs)
    yield Permission(role, "tell metrics", ("*",), when="StringEquals cloudwatch:namespace=Glue")
    yield Permission(role, "learn how Glue encrypts", ("*",))
    connections = ("glue:catalog", "network/Connection1", "network/Connection2")
    yield Permission(role, "learn its connection", connections, only="private")
    yield Permission(role, "look at the network", ("*",), only="private")
    yield Permission(role, "join the network", (interfaces, "network/Jobs", *subnets), only="private")
    yield Permission(role, "leave the network", (interfaces,), when=f"ArnEquals ec2:Subnet={','.join(subnets)}", only="private")
    marked = "ForAllValues:StringEquals aws:TagKeys=aws-glue-service-resource"
    yield Permission(role, "mark interfaces", (interfaces,), when=marked, only="private")


def _maker(name: str) -> Iterator[Permission]:
    """What a job may do that makes curated tables of processed ones: marts, and every analysis."""
    role = f"processing/{name}/Role"
    yield from _job(name)
    yield Permission(role, "list objects", ("storage/Processed", "storage/Curated"))
    yield Permission(role, "read objects", ("storage/Processed/*",))
    # The ledger of runs, and the staging and commits by which it is written; no table of the zone.
    yield Permission(role, "write objects", tuple(f"storage/Processed/{key}*" for key in ("etl_runs", "_staging", "_commits")))
    yield Permission(role, "write objects", ("storage/Curated/*",))


def _reader(name: str, zones: Sequence[str]) -> Iterator[Permission]:
    """What those may do who ask Athena about some zones."""
    role, buckets = f"query/{name}/Role", tuple(f"storage/{zone.capitalize()}" for zone in zones)
    own, databases = name.lower(), [f"{{database}}_{zone}" for zone in zones]
    tables = [entry for database in databases for entry in (f"glue:database/{database}", f"glue:table/{database}/*")]
    yield Permission(role, "ask", (f"athena:workgroup/{{prefix}}-{own}",))
    yield Permission(role, "browse", ("athena:datacatalog/AwsDataCatalog",))
    yield Permission(role, "look up tables", ("glue:catalog", *tables))
    through = "StringEquals kms:ViaService=glue.<Region>.amazonaws.com"
    yield Permission(role, "decrypt", ("storage/Key",), when=through, only="encrypt_catalog")
    yield Permission(role, "open what is granted", ("*",), only="govern")
    yield Permission(role, "list objects", buckets, only="no-govern")
    yield Permission(role, "read objects", tuple(f"{bucket}/*" for bucket in buckets), only="no-govern")
    yield Permission(role, "decrypt", ("storage/Key",), when=_of(buckets), only="no-govern")
    yield Permission(role, "find the bucket", ("storage/Results",))
    yield Permission(role, "list some objects", ("storage/Results",), when=f"StringLike s3:prefix={own}/*")
    yield Permission(role, "add objects", (f"storage/Results/{own}/*",))
    yield Permission(role, "encrypt and decrypt", ("storage/Key",), when=_of(("storage/Results",)))


def _of(buckets: Sequence[str]) -> str:
    arns = sorted(arn for bucket in buckets for arn in (bucket, f"{bucket}/*"))
    return f"StringLike kms:EncryptionContext:aws:s3:arn={','.join(arns)}"


def _closed(role: str, zone: str, *names: str) -> Iterator[Permission]:
    """The tables of a zone that hold personal data: the role may read neither their objects nor what is staged, nor see them."""
    objects = tuple(f"storage/{zone.capitalize()}/{folder}/*" for folder in (*names, "_staging"))
    tables = tuple(f"glue:table/{{database}}_{zone}/{name}" for name in names)
    yield Permission(role, "read objects", objects, only="no-govern", never=True)
    yield Permission(role, "see tables", tables, only="no-govern", never=True)


ANALYSES = ("Segment", "Recommend", "Value", "Profiling")
CONFORM, BATCH = "processing/Conform/Role", "processing/Batch/Role"
TABLE = (
    *_job("Conform"),
    Permission(CONFORM, "list objects", ("storage/Raw", "storage/Processed")),
    Permission(CONFORM, "read objects", ("storage/Raw/*",)),
    Permission(CONFORM, "write objects", ("storage/Processed/*",)),
    *_maker("Marts"),
    *chain.from_iterable(_maker(name) for name in ANALYSES),
    Permission(BATCH, "run jobs", tuple(f"processing/{name}/Job" for name in ("Conform", "Marts", *ANALYSES))),
    Permission(BATCH, "notify", ("processing/AlertTopic",)),
    Permission(BATCH, "encrypt and decrypt", ("storage/Key",)),
    Permission(BATCH, "deliver its log", ("*",)),
    Permission(BATCH, "trace", ("*",)),
    Permission("processing/Batch/ScheduleRole", "start the batch", ("processing/Batch/Machine",)),
    Permission("processing/Batch/ScheduleRole", "decrypt", ("storage/Key",)),
    *_reader("Analyst", ("processed", "curated")),
    *_closed("query/Analyst/Role", "processed", "quarantine"),
    *_reader("Bi", ("curated",)),
    Permission("govern/Role", "list objects", ("storage/Processed", "storage/Curated"), only="govern"),
    Permission("govern/Role", "read objects", ("storage/Processed/*", "storage/Curated/*"), only="govern"),
    Permission("govern/Role", "decrypt", ("storage/Key",), only="govern"),
    Permission("network/FlowRole", "write flows", ("network/Flows",), only="private"),
    Permission("observe/Trail/Role", "write events", ("observe/Trail/Logs",), only="data_events"),
    Permission(f"storage/{EMPTIER}", "run as a function", ("*",), only="deletion"),
    Permission(f"observe/{EMPTIER}", "run as a function", ("*",), only="deletion data_events"),
)


def table(config: LakeConfig) -> list[Permission]:
    """The lines that hold for a deployment."""
    settings = {
        "private": config.networking == "private",
        "data_events": config.data_events,
        "deletion": config.deletes_data,
        "encrypt_catalog": config.encrypt_catalog,
        "govern": config.govern,
        "no-govern": not config.govern,
    }
    return [line for line in TABLE if all(settings[name] for name in line.only.split())]


def written(config: LakeConfig) -> set[Fact]:
    """The table, one action and one resource at a time, with the deployment's names."""
    names = {"prefix": config.prefix, "database": config.prefix.replace("-", "_")}
    return {
        Fact(line.role, f"DENY {action}" if line.never else action, resource.format(**names), line.when)
        for line in table(config)
        for action in ACTIONS[line.may]
        for resource in line.on
    }
