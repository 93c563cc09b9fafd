"""Models: a pipeline and a group of versions per model and source, and the scoring with approved versions. No endpoint."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_s3_assets as assets
from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct

from glue_jobs.lib.lake.score_files import LARGE_DRIFT
from stacks.config import LakeConfig
from stacks.constructs.alarms import Alert
from stacks.constructs.glue_job import GlueJob
from stacks.constructs.glue_network import GlueNetwork
from stacks.constructs.model_events import ModelEvents
from stacks.constructs.model_role import ModelRole
from stacks.constructs.scoring import Scoring, ScoringPlan
from stacks.pipelines import PIPELINES, Places, definition, model_name, scoring_items, scoring_job
from stacks.pipelines.code import model_code
from stacks.pipelines.image import REGISTRIES, REPOSITORY, TAG
from stacks.processing import STATE, Processing
from stacks.stack import LakeStack
from stacks.storage import Storage


class Models(LakeStack):
    """`role` is that of all SageMaker jobs; `scoring` starts after each batch and each approval."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        config: LakeConfig,
        storage: Storage,
        processing: Processing,
        network: GlueNetwork | None,
    ) -> None:
        super().__init__(scope, id_, config=config, description="SageMaker pipelines of the models, and scoring")
        names = {model_name(config.prefix, model, source): (model, source) for source in config.models for model in PIPELINES}
        zipped = model_code()
        code = assets.Asset(self, "Code", path=str(zipped.path), asset_hash=zipped.content_hash)
        owners = cdk.CfnMapping(self, "Registries", mapping={region: {"account": own} for region, own in REGISTRIES.items()})
        registry = owners.find_in_map(cdk.Aws.REGION, "account")
        self.role = ModelRole(self, "Role", config=config)
        self.role.allow_all(groups=[*names], storage=storage, code=code, registry=registry)
        if network:
            self.role.allow_network(network)
        places = self._places(storage, code, registry, network)
        for name, (model, source) in names.items():
            self._pipeline(name, definition(model, source=source, group=name, places=places), f"{model} of {source}")
        topic, key = processing.alert_topic, storage.key
        plan = ScoringPlan(scoring_items(config.prefix, config.models, places), scoring_job(places), self.role)
        self.scoring = Scoring(
            self,
            "Scoring",
            plan=plan,
            scores=processing.jobs["scores"],
            config=config,
            key=key,
            alert_topic=topic,
        )
        machine, batch = self.scoring.machine, processing.batch.machine
        events = ModelEvents(self, "Events", scoring=self.scoring, batch=batch, config=config, key=key, alert_topic=topic)
        failed = machine.metric_failed(period=cdk.Duration.minutes(5), statistic="Sum")
        self.alerts = [
            Alert("training-failed", events.failures(), above=0, what="A step of a model's pipeline failed."),
            Alert("scoring-failed", failed, above=0, what="Scoring failed for at least one model."),
            *_figure_alerts(processing.jobs["scores"]),
        ]
        self.output("ScoringStateMachine", machine.state_machine_arn, "state machine of the scoring (ARN)")

    def _places(self, storage: Storage, code: assets.Asset, registry: str, network: GlueNetwork | None) -> Places:
        host = f"{registry}.dkr.ecr.{self.region}.{self.url_suffix}"
        return Places(
            image=f"{host}/{REPOSITORY}:{TAG}",
            role=self.role.role_arn,
            key=storage.key.key_arn,
            curated=f"s3://{storage.curated.bucket_name}",
            code=code.s3_object_url,
            code_file=code.s3_object_key,
            subnets=[subnet.subnet_id for subnet in network.subnets] if network else (),
            security_groups=[network.group.security_group_id] if network else (),
        )

    def _pipeline(self, name: str, body: dict[str, object], about: str) -> None:
        title = "".join(word.capitalize() for word in about.replace("_", " ").split())
        group = sagemaker.CfnModelPackageGroup(
            self, f"{title}Versions", model_package_group_name=name, model_package_group_description=f"versions of {about}"
        )
        pipeline = sagemaker.CfnPipeline(
            self,
            f"{title}Pipeline",
            pipeline_name=name,
            pipeline_description=f"trains, evaluates and registers {about}",
            pipeline_definition={"PipelineDefinitionBody": self.to_json_string(body)},
            role_arn=self.role.role_arn,
            parallelism_configuration={"MaxParallelExecutionSteps": 1},
        )
        pipeline.node.add_dependency(group, self.role)


def _figure_alerts(scores: GlueJob) -> list[Alert]:
    """They end when a scoring is good again: a night without scores proves nothing."""
    drift, shortfall = (scores.metric(name, statistic="Maximum", period=cdk.Duration.minutes(5)) for name in scores.spec.figures)
    shifted = f"A feature or the score of a model has another distribution than in training: a PSI above {LARGE_DRIFT}."
    worse = "A churn model ranks customers worse than on its test data, now that outcomes are known."
    return [
        Alert("model-drift", drift, above=LARGE_DRIFT, missing=STATE, what=shifted),
        Alert("model-ranking", shortfall, above=0, missing=STATE, what=worse),
    ]
