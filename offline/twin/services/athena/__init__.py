"""Athena: queries of its API run in the SQL engine of offline/athena, over the tables and views of the local Glue catalog."""

from __future__ import annotations

from athena_queries.deployer import STAMP, fingerprints
from athena_queries.views import load_views
from contracts.errors import UsageError
from offline.twin.endpoint import connect
from offline.twin.recipes import Recipe, identified_by, properties
from offline.twin.service import Service, Setup
from offline.twin.services.athena import api, glue_tables
from offline.twin.services.athena.executions import Runner
from offline.twin.services.athena.statements import Statements


class Athena(Service):
    title = "Athena"
    adds = (
        "Queries run over the tables and views of the local Glue catalog; a wrong query FAILS with the reason.",
        "SELECT, CREATE VIEW, DROP VIEW, CREATE TABLE … AS, UNLOAD, SHOW …, DESCRIBE, EXPLAIN, PREPARE and EXECUTE run.",
        "The results are a CSV in S3 and pages of GetQueryResults, with types, scanned bytes and times.",
        "The workgroup's limit of scanned bytes, StopQueryExecution, execution parameters and the reuse of results by age work.",
        "The lake's views are there from the start, in the database of the curated zone.",
    )
    recipes = {
        "AWS::Athena::WorkGroup": Recipe(
            "athena",
            "create_work_group",
            properties("Name", WorkGroupConfiguration="Configuration"),
            identified_by("Name"),
        ),
        "AWS::Athena::NamedQuery": Recipe("athena", "create_named_query", properties("Name"), identified_by("NamedQueryId")),
    }
    leaves_out = (
        "INSERT INTO, DELETE, UPDATE, MERGE, MSCK and ALTER are refused. CREATE TABLE … AS and UNLOAD write Parquet only.",
        "The `.metadata` object next to a result is empty.",
        "Executions, and views and tables that users create, are lost with `down`.",
    )

    def install(self, setup: Setup) -> None:
        self._runner = Runner(Statements(setup.lake / "s3").run, _put)
        api.install(self._runner)

    def restore(self) -> None:
        """The views as `shoplake views deploy` creates them on AWS."""
        database = next((name for name in glue_tables.backend().databases if name.endswith("_curated")), None)
        if database is None:
            return
        stamps = fingerprints(load_views())
        for view in load_views().values():
            columns = [(column.name, column.type) for column in view.columns]
            glue_tables.put_view(view.name, database, view.sql, columns, {STAMP: stamps[view.name]})

    def busy(self) -> bool:
        return self._runner.busy

    def stop(self) -> None:
        for execution in list(self._runner.executions.values()):
            self._runner.stop(execution)


def _put(address: str, body: bytes) -> None:
    bucket, _, key = address.removeprefix("s3://").partition("/")
    client = connect("s3")
    try:
        client.put_object(Bucket=bucket, Key=key, Body=body)
    except client.exceptions.NoSuchBucket:
        raise UsageError(f"Unable to verify/create output bucket {bucket}: there is no such bucket.") from None
