"""Serving: the tables that the API reads, and the function that reads them."""

from __future__ import annotations

import aws_cdk as cdk
from constructs import Construct

from stacks.config import LakeConfig
from stacks.constructs.alarms import Alert
from stacks.constructs.function import FunctionSpec, LakeFunction
from stacks.constructs.table import LakeTable
from stacks.stack import LakeStack
from stacks.storage import Storage

TIMEOUT = cdk.Duration.seconds(10)


class Serving(LakeStack):
    """`live_table` is written by the live function, `serving_table` by the job publish; `function` reads both.

    The tables are here and not where they are written: their writers depend on the alert topic and the jobs, which depend on
    the serving table.
    """

    def __init__(self, scope: Construct, id_: str, *, config: LakeConfig, storage: Storage) -> None:
        super().__init__(scope, id_, config=config, description="tables and function of the serving API")
        self.live_table = LakeTable(self, "LiveTable", config=config, key=storage.key)
        self.serving_table = LakeTable(self, "ServingTable", config=config, key=storage.key)
        spec = FunctionSpec(
            name="serving",
            title="answers the serving API from the tables",
            environment={"LIVE_TABLE": self.live_table.table_name, "SERVING_TABLE": self.serving_table.table_name},
            timeout=TIMEOUT,
            concurrency=config.functions.serving_concurrency,
        )
        self.function = LakeFunction(self, "Serving", spec=spec, config=config, storage=storage)
        self.live_table.allow(self.function.role)
        self.serving_table.allow(self.function.role)
        self.alerts: list[Alert] = self.function.alerts()
        self.output("LiveTableName", self.live_table.table_name, "table of live windows and features")
        self.output("ServingTableName", self.serving_table.table_name, "table of published results")
