"""Govern: Lake Formation grants access to data, by tags that come from the contracts' classifications.

Off by default, since it changes an account; docs/operations.md has the steps. CloudFormation changes one thing after the other:
Lake Formation refuses parallel changes of tags.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import aws_cdk as cdk
from aws_cdk import aws_lakeformation as lf
from constructs import Construct

from contracts import Contract, load_all
from contracts.model import CLASSIFICATIONS
from contracts.zones import TABLE_ZONES
from stacks.catalog import Catalog
from stacks.config import LakeConfig
from stacks.constructs.reader import Reader
from stacks.constructs.role import LakeRole
from stacks.stack import LakeStack
from stacks.storage import Storage

# The class of a column without a tag of its own, and the classes that readers may see.
OPEN = "public"
READABLE = ("public", "pseudonymous")


class Govern(LakeStack):
    """Two tags, zone and class, on every database and column; readers are granted access by tag values."""

    def __init__(
        self, scope: Construct, id_: str, *, config: LakeConfig, storage: Storage, catalog: Catalog, readers: Mapping[str, Reader]
    ) -> None:
        super().__init__(scope, id_, config=config, description="Lake Formation tags and grants")
        # Tags name databases and tables without a reference that CloudFormation could follow.
        self.add_stack_dependency(catalog)
        self._config = config
        self._last: cdk.CfnResource | None = self._administrator() if config.lf_admin == "deployer" else None
        self._register(storage)
        self.tags_by_kind = {
            "zone": self._tag("zone", TABLE_ZONES),
            "class": self._tag("class", CLASSIFICATIONS),
        }
        for zone in TABLE_ZONES:
            self._tag_database(zone)
            for contract in load_all(zone).values():
                self._tag_columns(contract)
        for reader in readers.values():
            self._grant(reader)

    def _in_turn(self, resource: cdk.CfnResource) -> None:
        """Create this resource after the one before it."""
        if self._last:
            resource.add_resource_dependency(self._last)
        self._last = resource

    def _administrator(self) -> lf.CfnDataLakeSettings:
        """Add the role with which the CDK deploys to the account's administrators; the others stay."""
        synthesizer = cdk.DefaultStackSynthesizer
        role = synthesizer.DEFAULT_CLOUDFORMATION_ROLE_ARN.replace("${Qualifier}", synthesizer.DEFAULT_QUALIFIER)
        admin = lf.CfnDataLakeSettings.DataLakePrincipalProperty(data_lake_principal_identifier=cdk.Fn.sub(role))
        return lf.CfnDataLakeSettings(self, "Administrator", admins=[admin], mutation_type="APPEND")

    def _register(self, storage: Storage) -> None:
        """Register the zones, so that Lake Formation can give its grantees access to the objects."""
        buckets = {zone: getattr(storage, zone) for zone in TABLE_ZONES}
        role = LakeRole(
            self,
            "Role",
            assumed_by="lakeformation.amazonaws.com",
            description=f"{self._config.prefix}: Lake Formation reads the zones for its grantees",
        )
        role.allow(["s3:GetBucketLocation", "s3:ListBucket"], [bucket.bucket_arn for bucket in buckets.values()])
        role.allow(
            ["s3:GetObject"],
            [bucket.arn_for_objects("*") for bucket in buckets.values()],
            wildcard="Lake Formation reads any object of a granted table; the buckets contain only tables.",
        )
        role.allow(["kms:Decrypt"], [storage.key.key_arn])
        for zone, bucket in buckets.items():
            location = lf.CfnResource(
                self,
                f"{zone.capitalize()}Location",
                resource_arn=bucket.bucket_arn,
                role_arn=role.role_arn,
                use_service_linked_role=False,
            )
            self._in_turn(location)

    def _tag(self, kind: str, values: Sequence[str]) -> lf.CfnTag:
        key = f"{self._config.prefix}-{kind}"
        tag = lf.CfnTag(self, f"{kind.capitalize()}Tag", catalog_id=self.account, tag_key=key, tag_values=[*values])
        self._in_turn(tag)
        return tag

    def _pairs(self, values: Mapping[str, str]) -> list[lf.CfnTagAssociation.LFTagPairProperty]:
        return [
            lf.CfnTagAssociation.LFTagPairProperty(
                catalog_id=self.account, tag_key=self.tags_by_kind[kind].tag_key, tag_values=[value]
            )
            for kind, value in values.items()
        ]

    def _associate(self, id_: str, values: Mapping[str, str], resource: lf.CfnTagAssociation.ResourceProperty) -> None:
        association = lf.CfnTagAssociation(self, id_, lf_tags=self._pairs(values), resource=resource)
        self._in_turn(association)

    def _tag_database(self, zone: str) -> None:
        """Tables and columns inherit these."""
        database = lf.CfnTagAssociation.DatabaseResourceProperty(catalog_id=self.account, name=self._config.database(zone))
        resource = lf.CfnTagAssociation.ResourceProperty(database=database)
        self._associate(f"{zone.capitalize()}Tags", {"zone": zone, "class": OPEN}, resource)

    def _tag_columns(self, contract: Contract) -> None:
        """Tag the columns that are not public, by class."""
        title = "".join(word.capitalize() for word in contract.name.split("_"))
        for kind, names in closed_columns(contract):
            columns = lf.CfnTagAssociation.TableWithColumnsResourceProperty(
                catalog_id=self.account,
                database_name=self._config.database(contract.zone),
                name=contract.name,
                column_names=names,
            )
            resource = lf.CfnTagAssociation.ResourceProperty(table_with_columns=columns)
            self._associate(f"{title}{kind.capitalize()}", {"class": kind}, resource)

    def _grant(self, reader: Reader) -> None:
        expressions = {
            "DATABASE": ({"zone": reader.zones}, ["DESCRIBE"]),
            "TABLE": ({"zone": reader.zones, "class": READABLE}, ["DESCRIBE", "SELECT"]),
        }
        for kind, (expression, permissions) in expressions.items():
            tags = [
                lf.CfnPrincipalPermissions.LFTagProperty(tag_key=self.tags_by_kind[name].tag_key, tag_values=[*values])
                for name, values in expression.items()
            ]
            policy = lf.CfnPrincipalPermissions.LFTagPolicyResourceProperty(
                catalog_id=self.account, resource_type=kind, expression=tags
            )
            grant = lf.CfnPrincipalPermissions(
                self,
                f"{reader.name.capitalize()}{kind.capitalize()}s",
                principal=lf.CfnPrincipalPermissions.DataLakePrincipalProperty(
                    data_lake_principal_identifier=reader.role.role_arn
                ),
                resource=lf.CfnPrincipalPermissions.ResourceProperty(lf_tag_policy=policy),
                permissions=permissions,
                permissions_with_grant_option=[],
            )
            self._in_turn(grant)


def closed_columns(contract: Contract) -> Iterator[tuple[str, list[str]]]:
    """Class and names of the columns that are not public; a column without a classification counts as personal."""
    for kind in CLASSIFICATIONS:
        names = [column.name for column in contract.data_columns if (column.classification or "personal") == kind]
        if kind != OPEN and names:
            yield kind, names
