"""Glue: job runs execute the deployed script on Spark."""

from __future__ import annotations

from typing import Any

from moto.glue.models import glue_backends

from offline.twin import persistence
from offline.twin.endpoint import ACCOUNT, REGION
from offline.twin.recipes import Recipe, identified_by, properties
from offline.twin.service import Service, Setup
from offline.twin.services.glue import api, runs
from offline.twin.services.glue.executor import Executor


def _security_configuration(properties: dict[str, Any], name: str) -> list[dict[str, Any]]:
    """CloudFormation's S3Encryptions is S3Encryption in the API."""
    encryption = {key.replace("S3Encryptions", "S3Encryption"): v for key, v in properties["EncryptionConfiguration"].items()}
    return [{"Name": properties.get("Name", name), "EncryptionConfiguration": encryption}]


class Glue(Service):
    title = "Glue"
    adds = (
        "StartJobRun runs the deployed script, with the deployed arguments, on Spark on this machine; BatchStopJobRun stops it.",
        "Job runs outlive `down`.",
        "For lakes of up to 64 MB, Java compiles less and Spark plans each query once; up to 8 MB it also interprets plans.",
    )
    recipes = {
        "AWS::Glue::Database": Recipe(
            "glue", "create_database", properties(), lambda call, _: str(call["DatabaseInput"]["Name"])
        ),
        "AWS::Glue::Table": Recipe("glue", "create_table", properties(), lambda call, _: str(call["TableInput"]["Name"])),
        "AWS::Glue::Job": Recipe("glue", "create_job", properties("Name"), identified_by("Name")),
        "AWS::Glue::SecurityConfiguration": Recipe(
            "glue", "create_security_configuration", _security_configuration, identified_by("Name")
        ),
        "AWS::Glue::Connection": Recipe(
            "glue",
            "create_connection",
            lambda properties, name: [{"ConnectionInput": {"Name": name} | properties["ConnectionInput"]}],
            lambda call, _: str(call["ConnectionInput"]["Name"]),
        ),
    }
    leaves_out = (
        "Workers, connections, bookmarks and Glue's own retries. Runs wait for each other in STARTING.",
        "Libraries are the installed ones, of the same locked versions as the deployed ones, because some are compiled.",
    )

    def install(self, setup: Setup) -> None:
        self._lake = setup.lake
        self._executor = Executor(setup.lake, buckets=setup.buckets)
        if setup.memory:
            self._executor.warm_up(setup.memory)
        api.install(self._executor)

    def restore(self) -> None:
        jobs = glue_backends[ACCOUNT][REGION].jobs
        for run in persistence.read(runs.folder(self._lake), runs.from_record):
            if run.job_name in jobs:
                jobs[run.job_name].job_runs.append(run)

    def busy(self) -> bool:
        return self._executor.busy

    def stop(self) -> None:
        self._executor.stop()
