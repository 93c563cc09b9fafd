"""The Lambda function construct that all stacks use."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module

import aws_cdk as cdk
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3_assets as assets
from constructs import Construct

from stacks.bundle import LAMBDA, Runtime, bundle
from stacks.config import LakeConfig
from stacks.constructs.alarms import Alert, metric
from stacks.constructs.log_group import LakeLogs
from stacks.constructs.role import LakeRole
from stacks.constructs.tracing import NO_RESOURCES, TRACING
from stacks.security import acknowledge
from stacks.storage import Storage

LOGGING = ("logs:CreateLogStream", "logs:PutLogEvents")


PYTHONS = {"3.11": lambda_.Runtime.PYTHON_3_11, "3.13": lambda_.Runtime.PYTHON_3_13}
MACHINES = {"aarch64": lambda_.Architecture.ARM_64, "x86_64": lambda_.Architecture.X86_64}


@dataclass(frozen=True, kw_only=True)
class FunctionCode:
    """Our packages and the libraries that a function consists of, its entry point, and where it runs."""

    handler: str
    packages: Sequence[str]
    libraries: Sequence[str]
    runtime: Runtime = LAMBDA

    @classmethod
    def of(cls, name: str) -> FunctionCode:
        """The package lambdas/<name>."""
        package = import_module(f"lambdas.{name}")
        packages = (f"lambdas/{name}", "lambdas/common", *getattr(package, "PACKAGES", ()))
        return cls(handler=f"lambdas.{name}.handler.handle", packages=packages, libraries=package.LIBRARIES)


@dataclass(frozen=True, kw_only=True)
class FunctionSpec:
    """What differs between functions. `concurrency` is reserved, 0 reserves none; `code` is lambdas/<name> by default."""

    name: str
    title: str
    environment: Mapping[str, str]
    timeout: cdk.Duration
    concurrency: int
    code: FunctionCode | None = None
    memory_mb: int | None = None


class LakeFunction(Construct):
    """The function <prefix>-<name>, with its role and its log group.

    Callers are API Gateway and an event source mapping, which wait for the answer or keep what failed. So there is no dead letter
    queue, which Lambda only uses for asynchronous calls.
    """

    def __init__(self, scope: Construct, id_: str, *, spec: FunctionSpec, config: LakeConfig, storage: Storage) -> None:
        super().__init__(scope, id_)
        self.spec, function = spec, f"{config.prefix}-{spec.name}"
        self.role = LakeRole(
            self, "Role", assumed_by="lambda.amazonaws.com", description=f"{config.prefix}: role of the function {spec.name}"
        )
        self.logs = LakeLogs(self, "Logs", config=config, key=storage.key, name=f"/aws/lambda/{function}")
        self.role.allow(LOGGING, [self.logs.log_group_arn])
        self.role.allow(TRACING, ["*"], wildcard=NO_RESOURCES)
        # For the environment, and for whatever else of the lake the function is allowed to use.
        self.role.allow(["kms:Decrypt", "kms:GenerateDataKey"], [storage.key.key_arn])
        code = spec.code or FunctionCode.of(spec.name)
        self.function = lambda_.Function(
            self,
            "Function",
            function_name=function,
            description=spec.title,
            runtime=PYTHONS[code.runtime.python],
            architecture=MACHINES[code.runtime.machine],
            handler=code.handler,
            code=self._code(code),
            role=self.role.fixed,
            environment=dict(spec.environment),
            environment_encryption=storage.key,
            timeout=spec.timeout,
            memory_size=spec.memory_mb or config.functions.memory_mb,
            reserved_concurrent_executions=spec.concurrency or None,
            tracing=lambda_.Tracing.ACTIVE,
            log_group=self.logs,
        )
        # Lambda checks its access to the key when the function is created.
        self.function.node.add_dependency(self.role)
        self._acknowledge(spec.concurrency)

    def alerts(self) -> list[Alert]:
        """Errors and throttles of the function."""
        of, name = {"FunctionName": self.function.function_name}, self.spec.name
        return [
            Alert(
                f"{name}-errors",
                metric("AWS/Lambda", "Errors", of=of),
                above=0,
                what=f"The function {name} raised an error or timed out.",
            ),
            Alert(
                f"{name}-throttled",
                metric("AWS/Lambda", "Throttles", of=of),
                above=0,
                what=f"Lambda refused to start the function {name}: the account's concurrency, or the reserved one, is used up.",
            ),
        ]

    def _code(self, code: FunctionCode) -> lambda_.Code:
        zipped = bundle(packages=code.packages, libraries=code.libraries, runtime=code.runtime)
        asset = assets.Asset(self, "Code", path=str(zipped.path), asset_hash=zipped.content_hash)
        return lambda_.Code.from_bucket_v2(asset.bucket, asset.s3_object_key)

    def _acknowledge(self, concurrency: int) -> None:
        acknowledge(
            self.function,
            "LambdaDLQ",
            "Serverless-LambdaDLQ",
            reason="Nothing calls the function asynchronously: API Gateway waits for the answer, and the event source mapping "
            "writes batches that failed to the raw zone, with their bytes.",
        )
        acknowledge(
            self.function,
            "LambdaInsideVPC",
            reason="The function calls AWS services only, over TLS and with its own role. A VPC would add endpoints at 7 USD "
            "a month each, and a network in which it could reach more than now.",
        )
        acknowledge(
            self.function,
            "AwsSolutions-L1",
            "Serverless-LambdaLatestVersion",
            reason="The code is tested on Python 3.11, which the jobs use, and 3.13, which AWS supports until 2029. A newer one "
            "follows when the tests run on it. The dashboard's compiled libraries are those of the tests, for 3.11.",
        )
        if not concurrency:
            acknowledge(
                self.function,
                "LambdaConcurrency",
                reason="A new account may run 10 functions at once in all, and Lambda refuses to reserve any of them. "
                "The API is throttled, and the stream bounds the live function: one call per shard.",
            )
