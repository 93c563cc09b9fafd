"""A kind of Athena user: a workgroup, and a role that can query some zones with it, except tables with personal data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import aws_cdk as cdk
from aws_cdk import aws_athena as athena
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from constructs import Construct

from contracts import load_all
from stacks.catalog import Catalog
from stacks.config import LakeConfig
from stacks.constructs.role import LakeRole
from stacks.storage import Storage

QUERY = (
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
)
BROWSE = (
    "athena:GetDataCatalog",
    "athena:GetDatabase",
    "athena:GetTableMetadata",
    "athena:ListDatabases",
    "athena:ListTableMetadata",
)
# The lists with which Athena's console begins; they name workgroups, catalogs and versions, and support no resources.
CONSOLE = ("athena:ListDataCatalogs", "athena:ListEngineVersions", "athena:ListWorkGroups")
CONSOLE_REASON = "Athena's console lists workgroups, catalogs and engine versions; these actions support no resources."
GET_TABLES = ("glue:GetPartition", "glue:GetPartitions", "glue:GetTable", "glue:GetTables")
GET_DATABASES = ("glue:GetDatabase", "glue:GetDatabases", *GET_TABLES)
NO_RESOURCES = "lakeformation:GetDataAccess does not support resources; Lake Formation's grants decide what it returns."
WRITE_RESULTS = ("s3:AbortMultipartUpload", "s3:GetObject", "s3:ListMultipartUploadParts", "s3:PutObject")


# What a program needs that starts queries and reads their results.
ASK = (
    "athena:GetQueryExecution",
    "athena:GetQueryResults",
    "athena:GetWorkGroup",
    "athena:StartQueryExecution",
    "athena:StopQueryExecution",
)


@dataclass(frozen=True, kw_only=True)
class Program:
    """A reader that is no person: it has a role already, needs no console, and has a limit of its own for the scan of a query."""

    role: LakeRole
    scan_limit_gb: int


class Reader(Construct):
    """`workgroup` and `role` of one kind of user; query results are stored in the results bucket, under the reader's name.

    People of the account assume the role, unless it is that of a `program`.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        config: LakeConfig,
        storage: Storage,
        catalog: Catalog,
        zones: Sequence[str],
        program: Program | None = None,
    ) -> None:
        super().__init__(scope, id_)
        self._config, self._storage, self._catalog = config, storage, catalog
        self.name, self.zones = id_.lower(), tuple(zones)
        self.workgroup = self._workgroup(program.scan_limit_gb if program else config.scan_limit_gb)
        self.role = (
            program.role
            if program
            else LakeRole(
                self,
                "Role",
                assumed_by=iam.AccountPrincipal(cdk.Stack.of(self).account),
                description=f"{config.prefix}: queries {' and '.join(zones)} in Athena",
            )
        )
        if program:
            self.role.allow(ASK, [self._arn("athena", "workgroup", self.workgroup.name)])
        else:
            self._grant_console()
        self._grant_reads()
        self._grant_results()

    def _workgroup(self, scan_limit_gb: int) -> athena.CfnWorkGroup:
        results = self._storage.results
        return athena.CfnWorkGroup(
            self,
            "Workgroup",
            name=f"{self._config.prefix}-{self.name}",
            description=f"{self._config.prefix}: queries of {', '.join(self.zones)}",
            recursive_delete_option=True,
            work_group_configuration=athena.CfnWorkGroup.WorkGroupConfigurationProperty(
                enforce_work_group_configuration=True,
                publish_cloud_watch_metrics_enabled=True,
                bytes_scanned_cutoff_per_query=scan_limit_gb * 10**9,
                engine_version=athena.CfnWorkGroup.EngineVersionProperty(selected_engine_version="Athena engine version 3"),
                result_configuration=athena.CfnWorkGroup.ResultConfigurationProperty(
                    output_location=f"s3://{results.bucket_name}/{self.name}/",
                    expected_bucket_owner=cdk.Stack.of(self).account,
                    encryption_configuration=athena.CfnWorkGroup.EncryptionConfigurationProperty(
                        encryption_option="SSE_KMS", kms_key=self._storage.key.key_arn
                    ),
                ),
            ),
        )

    def _arn(self, service: str, kind: str, name: str | None = None) -> str:
        return cdk.Stack.of(self).format_arn(service=service, resource=kind, resource_name=name)

    def _grant_console(self) -> None:
        self.role.allow(QUERY, [self._arn("athena", "workgroup", self.workgroup.name)])
        self.role.allow(CONSOLE, ["*"], wildcard=CONSOLE_REASON)
        self.role.allow(BROWSE, [self._arn("athena", "datacatalog", "AwsDataCatalog")])

    def _grant_reads(self) -> None:
        databases = [self._config.database(zone) for zone in self.zones]
        buckets = [getattr(self._storage, zone) for zone in self.zones]
        tables = [self._arn("glue", "table", f"{database}/*") for database in databases]
        self.role.allow(
            GET_DATABASES,
            [self._arn("glue", "catalog"), *[self._arn("glue", "database", database) for database in databases], *tables],
            wildcard="The reader may query every table of these databases, including tables that contracts add later.",
        )
        if self._config.encrypt_catalog:
            through = f"glue.{cdk.Stack.of(self).region}.amazonaws.com"
            self.role.allow(["kms:Decrypt"], [self._storage.key.key_arn], StringEquals={"kms:ViaService": through})
        if self._config.govern:
            # Lake Formation then gives access to the objects. Direct S3 access would bypass its tags.
            self.role.allow(["lakeformation:GetDataAccess"], ["*"], wildcard=NO_RESOURCES)
        else:
            self._grant_objects(buckets)
        if not self._config.lf_revoked:
            for zone in self.zones:
                self._deny_personal_tables(zone)

    def _grant_objects(self, buckets: Sequence[s3.IBucket]) -> None:
        self.role.allow(["s3:GetBucketLocation", "s3:ListBucket"], [bucket.bucket_arn for bucket in buckets])
        self.role.allow(
            ["s3:GetObject"],
            [bucket.arn_for_objects("*") for bucket in buckets],
            wildcard="A query reads any object of its zones; the buckets contain nothing else, and the role cannot change them.",
        )
        self._decrypt(["kms:Decrypt"], buckets)

    def _deny_personal_tables(self, zone: str) -> None:
        """Deny access to entire tables that contain personal data, since IAM cannot restrict columns.

        GetTables omits tables that its caller may not get, so such a table is not even listed. With Lake Formation this Deny
        stays until IAMAllowedPrincipals is revoked: IAM alone decides on a table that was created before.
        """
        bucket, database = getattr(self._storage, zone), self._config.database(zone)
        names = [name for name, contract in load_all(zone).items() if contract.is_personal]
        if names:
            if not self._config.govern:
                # Staging holds rows of these tables until their run has ended.
                self.role.deny(["s3:GetObject"], [bucket.arn_for_objects(f"{folder}/*") for folder in (*names, "_staging")])
            self.role.deny(GET_TABLES, [self._arn("glue", "table", f"{database}/{name}") for name in names])

    def _grant_results(self) -> None:
        results = self._storage.results
        self.role.allow(["s3:GetBucketLocation"], [results.bucket_arn])
        self.role.allow(["s3:ListBucket"], [results.bucket_arn], StringLike={"s3:prefix": [f"{self.name}/*"]})
        self.role.allow(
            WRITE_RESULTS,
            [results.arn_for_objects(f"{self.name}/*")],
            wildcard="Athena names each result by the query's ID, under the workgroup's prefix.",
        )
        self._decrypt(["kms:Decrypt", "kms:GenerateDataKey"], [results])

    def _decrypt(self, actions: Sequence[str], buckets: Sequence[s3.IBucket]) -> None:
        """Allow the key for these buckets only: S3 passes the bucket (without a bucket key: the object) as encryption context."""
        arns = [arn for bucket in buckets for arn in (bucket.bucket_arn, bucket.arn_for_objects("*"))]
        self.role.allow(actions, [self._storage.key.key_arn], StringLike={"kms:EncryptionContext:aws:s3:arn": arns})
