"""Catalog: one Glue database per zone, and every table from its contract."""

from __future__ import annotations

from datetime import date

import aws_cdk as cdk
from aws_cdk import aws_glue as glue
from aws_cdk import aws_ssm as ssm
from constructs import Construct

from contracts import load_all
from contracts.derive.glue import PartitionRange, table_input
from contracts.zones import TABLE_ZONES
from stacks.config import LakeConfig
from stacks.source_settings import deployed_sources
from stacks.stack import LakeStack
from stacks.storage import Storage

OWNER = "/shoplake/catalog-encryption"


class Catalog(LakeStack):
    """`databases` by zone and `tables` by name. The contracts define both, so they are deleted with the stack."""

    def __init__(self, scope: Construct, id_: str, *, config: LakeConfig, storage: Storage) -> None:
        super().__init__(scope, id_, config=config, description="Glue databases and tables, from the contracts")
        self.databases: dict[str, glue.CfnDatabase] = {}
        self.tables: dict[str, cdk.CfnResource] = {}
        partitions = partition_range(config)
        for zone in TABLE_ZONES:
            bucket = getattr(storage, zone).bucket_name
            database = glue.CfnDatabase(
                self,
                f"{zone.capitalize()}Tables",
                catalog_id=self.account,
                database_input=glue.CfnDatabase.DatabaseInputProperty(
                    name=config.database(zone),
                    description=f"{config.prefix}: the {zone} zone",
                    location_uri=f"s3://{bucket}/",
                    # By default Lake Formation lets IAM alone decide who reads a new table.
                    create_table_default_permissions=[] if config.govern else None,
                ),
            )
            self.databases[zone] = database
            self.output(f"{zone.capitalize()}Database", config.database(zone), f"Glue database of the {zone} zone")
            for name, contract in load_all(zone).items():
                properties = {
                    "CatalogId": self.account,
                    "DatabaseName": config.database(zone),
                    "TableInput": table_input(contract, location=f"s3://{bucket}/{name}", span=partitions),
                }
                id_in_stack = "".join(word.capitalize() for word in name.split("_")) + "Table"
                table = cdk.CfnResource(self, id_in_stack, type="AWS::Glue::Table", properties=properties)
                table.add_resource_dependency(database)
                self.tables[name] = table
        if config.encrypt_catalog:
            self._encrypt(storage)

    def _encrypt(self, storage: Storage) -> None:
        """Encrypt the catalog's metadata: one setting for the entire account and region, shared with everything else there.

        The parameter has one name for all deployments, so a second one fails here instead of replacing the key of the first.
        """
        owner = ssm.CfnParameter(
            self,
            "EncryptionOwner",
            name=OWNER,
            type="String",
            value=self.stack_name,
            description="the one deployment of this account and region that may set encrypt_catalog",
        )
        settings = glue.CfnDataCatalogEncryptionSettings(
            self,
            "Encryption",
            catalog_id=self.account,
            data_catalog_encryption_settings=glue.CfnDataCatalogEncryptionSettings.DataCatalogEncryptionSettingsProperty(
                encryption_at_rest=glue.CfnDataCatalogEncryptionSettings.EncryptionAtRestProperty(
                    catalog_encryption_mode="SSE-KMS", sse_aws_kms_key_id=storage.key.key_arn
                ),
                connection_password_encryption=glue.CfnDataCatalogEncryptionSettings.ConnectionPasswordEncryptionProperty(
                    return_connection_password_encrypted=True, kms_key_id=storage.key.key_arn
                ),
            ),
        )
        settings.add_resource_dependency(owner)


def partition_range(config: LakeConfig) -> PartitionRange:
    """The partitions that Athena projects in this deployment."""
    return PartitionRange(
        sources=deployed_sources(config.sources),
        grain=config.partition_grain,
        first=date.fromisoformat(config.first_date),
        last=date.fromisoformat(config.last_date),
    )
