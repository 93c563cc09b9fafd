"""The roles of the processing stack: one per Glue job, by template, and the batch with its schedule."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import chain

from glue_jobs.manifest import JOBS
from stacks.permissions.rows import Permission

CONFORM, BATCH, SCHEDULE = "processing/Conform/Role", "processing/Batch/Role", "processing/Batch/ScheduleRole"
EVENTS = "processing/JobEvents/Role"
TRUSTED = {
    BATCH: "states.amazonaws.com",
    SCHEDULE: "scheduler.amazonaws.com",
    EVENTS: "events.amazonaws.com",
    **{f"processing/{job.construct}/Role": "glue.amazonaws.com" for job in JOBS},
}


def _job(name: str) -> Iterator[Permission]:
    """What every Glue job may do, apart from its own data."""
    role, logs = f"processing/{name}/Role", (f"processing/{name}/Output", f"processing/{name}/Error")
    subnets = ("network/Vpc/jobsSubnet1/Subnet", "network/Vpc/jobsSubnet2/Subnet")
    interfaces = "ec2:network-interface/*"
    yield Permission(role, "read objects", ("assets/*.py", "assets/*.zip"))
    yield Permission(role, "list objects", ("storage/Results",))
    yield Permission(role, "write objects", (f"storage/Results/spark-ui/{name.lower()}/*",))
    yield Permission(role, "encrypt and decrypt", ("storage/Key",))
    yield Permission(role, "write its logs", logs)
    yield Permission(role, "publish metrics", ("*",), when="StringEquals cloudwatch:namespace=Glue,{prefix}")
    yield Permission(role, "read the Glue security configuration", ("*",))
    connections = ("glue:catalog", "network/Connection1", "network/Connection2")
    yield Permission(role, "read its Glue connection", connections, only="private")
    yield Permission(role, "describe the network", ("*",), only="private")
    yield Permission(role, "create network interfaces", (interfaces, "network/Jobs", *subnets), only="private")
    yield Permission(
        role, "delete network interfaces", (interfaces,), when=f"ArnEquals ec2:Subnet={','.join(subnets)}", only="private"
    )
    marked = "ForAllValues:StringEquals aws:TagKeys=aws-glue-service-resource"
    yield Permission(role, "tag network interfaces", (interfaces,), when=marked, only="private")


def _reader(name: str) -> Iterator[Permission]:
    """What a job may do that reads the tables: every job but conform."""
    role = f"processing/{name}/Role"
    yield from _job(name)
    yield Permission(role, "list objects", ("storage/Processed", "storage/Curated"))
    yield Permission(role, "read objects", ("storage/Processed/*",))
    # Run history, through the job's own staging and commit records; no other table of the zone.
    own = ("etl_runs", f"_staging/{name.lower()}", f"_commits/{name.lower()}")
    yield Permission(role, "write objects", tuple(f"storage/Processed/{key}*" for key in own))
    # The markers that Hadoop sets on the folders above them.
    markers = (f"storage/Processed/{folder}{end}" for folder in ("_staging", "_commits") for end in ("/", "_$folder$"))
    yield Permission(role, "write objects", tuple(markers))


def _maker(name: str) -> Iterator[Permission]:
    """What a job may do that writes curated tables: marts and every analysis."""
    yield from _reader(name)
    yield Permission(f"processing/{name}/Role", "write objects", ("storage/Curated/*",))


def _publisher(name: str) -> Iterator[Permission]:
    """What a job may do that writes the serving table: it changes no table of the lake but its run history."""
    role = f"processing/{name}/Role"
    yield from _reader(name)
    yield Permission(role, "read objects", ("storage/Curated/*",))
    yield Permission(role, "read and write items", ("serving/ServingTable",))
    through = "StringEquals kms:ViaService=dynamodb.<Region>.amazonaws.com"
    yield Permission(role, "use the key to write items", ("storage/Key",), when=through)
    yield Permission(BATCH, "run jobs", (f"processing/{name}/Job",))


def _reconciler(name: str) -> Iterator[Permission]:
    """What a job may do that compares the live table with the lake, and writes curated tables."""
    role = f"processing/{name}/Role"
    yield from _maker(name)
    yield Permission(role, "read items", ("serving/LiveTable",))
    through = "StringEquals kms:ViaService=dynamodb.<Region>.amazonaws.com"
    yield Permission(role, "use the key to read items", ("storage/Key",), when=through)
    yield Permission(BATCH, "run jobs", (f"processing/{name}/Job",))


ROWS = (
    *_job("Conform"),
    Permission(CONFORM, "list objects", ("storage/Raw", "storage/Processed")),
    Permission(CONFORM, "read objects", ("storage/Raw/*",)),
    Permission(CONFORM, "write objects", ("storage/Processed/*",)),
    *chain.from_iterable(_maker(job.construct) for job in JOBS if job.name != "conform" and not job.dynamodb),
    # Rows may have a setting of their own besides: a private network.
    *(replace(row, only=f"live {row.only}".strip()) for row in (*_publisher("Publish"), *_reconciler("Reconcile"))),
    Permission(BATCH, "run jobs", tuple(f"processing/{job.construct}/Job" for job in JOBS if not job.dynamodb)),
    Permission(BATCH, "list its executions", ("states:stateMachine:{prefix}-batch",)),
    Permission(BATCH, "publish to the topic", ("processing/AlertTopic",)),
    Permission(BATCH, "encrypt and decrypt", ("storage/Key",)),
    Permission(BATCH, "manage log delivery", ("*",)),
    Permission(BATCH, "write traces", ("*",)),
    Permission(SCHEDULE, "start executions", ("processing/Batch/Machine",)),
    Permission(SCHEDULE, "decrypt", ("storage/Key",)),
    Permission(EVENTS, "publish to the topic", ("processing/AlertTopic",)),
    Permission(EVENTS, "encrypt and decrypt", ("storage/Key",)),
)
