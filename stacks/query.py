"""Query: Athena workgroups, the roles that may use them, and the saved queries of its console."""

from __future__ import annotations

from aws_cdk import aws_athena as athena
from constructs import Construct

from athena_queries.named_queries import reports
from contracts.zones import TABLE_ZONES
from stacks.catalog import Catalog
from stacks.config import LakeConfig
from stacks.constructs.reader import Reader
from stacks.stack import LakeStack
from stacks.storage import Storage


class Query(LakeStack):
    """`analyst` reads processed and curated, `bi` reads curated and nothing else; each has a workgroup and a role."""

    def __init__(self, scope: Construct, id_: str, *, config: LakeConfig, storage: Storage, catalog: Catalog) -> None:
        super().__init__(scope, id_, config=config, description="Athena workgroups, reader roles and saved queries")
        self.analyst = Reader(self, "Analyst", config=config, storage=storage, catalog=catalog, zones=TABLE_ZONES)
        self.bi = Reader(self, "Bi", config=config, storage=storage, catalog=catalog, zones=("curated",))
        self.readers = {reader.name: reader for reader in (self.analyst, self.bi)}
        databases = {zone: config.database(zone) for zone in catalog.databases}
        for report in reports(databases):
            saved = athena.CfnNamedQuery(
                self,
                "".join(word.capitalize() for word in report.name.split("_")) + "Report",
                name=f"{config.prefix}-{report.name}",
                description=report.purpose,
                database=databases["curated"],
                query_string=report.sql,
                work_group=self.analyst.workgroup.name,
            )
            saved.add_resource_dependency(self.analyst.workgroup)
        for key, reader in (("Analyst", self.analyst), ("Bi", self.bi)):
            self.output(f"{key}Workgroup", str(reader.workgroup.name), f"Athena workgroup of {reader.name}")
            self.output(f"{key}RoleArn", reader.role.role_arn, f"role to assume for queries as {reader.name}")
