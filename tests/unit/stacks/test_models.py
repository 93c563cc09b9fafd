"""The models on AWS: who may do what, pipelines, events, alarms, and the scoring machine in the local interpreter."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import metadata
from typing import Any

import pytest

from stacks.cost.model import assume
from stacks.permissions import written
from stacks.pipelines import Places, definition
from stacks.pipelines.image import TAG, VERSION
from tests.support.deployments import Deployment, Synthesize
from tests.support.policies import facts, trusted
from tests.support.state_machines import Execution, errors

CHURN, ANOMALY = "shoplake-prod-churn-my-shop", "shoplake-prod-anomaly-my-shop"
SESSIONS, CUSTOMERS = "shoplake-prod-session-anomaly-my-shop", "shoplake-prod-customer-anomaly-my-shop"
GROUPS = (CHURN, ANOMALY, SESSIONS, CUSTOMERS)
PACKAGE = f"arn:aws:sagemaker:eu-central-1:1:model-package/{CHURN}/3"


@pytest.fixture(scope="module")
def modeled(synthesize: Synthesize) -> Deployment:
    """Everything that models depend on: a private network."""
    return synthesize("prod", networking="private", models=["my_shop"])


def pipelines(deployment: Deployment) -> dict[str, dict[str, Any]]:
    """The definitions by name, with references as text."""
    found = {}
    for resource in deployment.resources("AWS::SageMaker::Pipeline"):
        body = resource["Properties"]["PipelineDefinition"]["PipelineDefinitionBody"]["Fn::Join"][1]
        text = "".join(part if isinstance(part, str) else "REFERENCE" for part in body)
        found[resource["Properties"]["PipelineName"]] = json.loads(text)
    return found


def test_models_are_off_by_default(variant: Deployment) -> None:
    assert "models" not in variant.content
    assert not [
        entry for content in variant.content.values() for entry in content["Resources"].values() if "SageMaker" in str(entry)
    ]


def test_policies_and_permission_table_are_equal(modeled: Deployment) -> None:
    granted, table = facts(modeled.content), written(modeled.config)
    assert sorted(granted - table) == [], "in a policy, but not in stacks/permissions"
    assert sorted(table - granted) == [], "in stacks/permissions, but in no policy"
    assert trusted(modeled.content)["models/Role"] == "sagemaker.amazonaws.com"


def test_roles_pass_only_the_role_of_the_models_and_only_to_sagemaker(modeled: Deployment) -> None:
    passing = [fact for fact in facts(modeled.content) if fact.action == "iam:PassRole"]

    assert {fact.role for fact in passing} == {"models/Role", "models/Scoring/Role"}
    assert {(fact.resource, fact.when) for fact in passing} == {
        ("models/Role", "StringEquals iam:PassedToService=sagemaker.amazonaws.com")
    }


def test_jobs_read_feature_tables_and_write_only_model_files_and_scores(modeled: Deployment) -> None:
    own = [fact for fact in facts(modeled.content) if fact.role == "models/Role" and fact.action.startswith("s3:")]

    written_to = {fact.resource for fact in own if fact.action in ("s3:PutObject", "s3:DeleteObject")}
    read = {fact.resource for fact in own if fact.action == "s3:GetObject"}
    assert written_to == {"storage/Curated/_models/*", "storage/Curated/_scores/*"}
    assert not [fact for fact in own if fact.action == "s3:DeleteObject"]
    assert read - written_to == {
        "assets/*.zip",
        *(f"storage/Curated/{table}/*" for table in ("customer_features", "churn_labels", "order_features", "session_features")),
        *(f"storage/Curated/{table}/*" for table in ("fct_order_items", "fct_sessions")),
    }


def test_a_pipeline_is_the_definition_and_registers_in_its_own_group(modeled: Deployment) -> None:
    groups = {entry["Properties"]["ModelPackageGroupName"] for entry in modeled.resources("AWS::SageMaker::ModelPackageGroup")}
    ref = "REFERENCE"
    places = Places(
        image=ref,
        role=ref,
        key=ref,
        curated=ref,
        code=ref,
        code_file="code.zip",
        subnets=(ref, ref),
        security_groups=(ref,),
    )
    expected = {
        name: masked(definition(model, source="my_shop", group=name, places=places))
        for model, name in zip(("churn", "anomaly", "session_anomaly", "customer_anomaly"), GROUPS, strict=True)
    }

    assert {name: masked(body) for name, body in pipelines(modeled).items()} == expected
    assert groups == expected.keys()


def masked(node: Any) -> Any:
    """A definition with REFERENCE for every text that refers to a resource, and one name for the code."""
    text = re.sub(r"[0-9a-f]{64}\.zip", "code.zip", json.dumps(node))
    return json.loads(re.sub(r'"[^"]*REFERENCE[^"]*?((?:/_models|/[a-z_]+/source=)[^"]*)?"', r'"REFERENCE\1"', text))


@pytest.mark.full
def test_no_container_has_a_network_and_there_is_no_endpoint(modeled: Deployment, synthesize: Synthesize) -> None:
    for deployment, private in ((modeled, True), (synthesize(models=["my_shop"]), False)):
        text = json.dumps([pipelines(deployment), deployment.state_machine("models")])
        assert (
            text.count('"EnableNetworkIsolation": true') == 16
        )  # three jobs of churn, four of each anomaly, and the scoring job
        assert '"EnableNetworkIsolation": false' not in text
        assert text.count('"VpcConfig"') == (16 if private else 0)
        kinds = {entry["Type"] for entry in deployment.content["models"]["Resources"].values()}
        assert {kind for kind in kinds if "SageMaker" in kind} == {
            "AWS::SageMaker::ModelPackageGroup",
            "AWS::SageMaker::Pipeline",
        }


def test_training_and_scoring_use_one_image_with_the_locks_scikit_learn(modeled: Deployment) -> None:
    text = json.dumps([pipelines(modeled), modeled.state_machine("models")])

    tags = re.findall(r'"(?:ImageUri|TrainingImage|Image)": "[^"]+:([^":]+)"', text)
    assert set(tags) == {TAG}
    assert len(tags) == 20  # and a registration of each
    assert metadata.version("scikit-learn").startswith(f"{VERSION.split('-')[0]}.")


def test_approval_and_a_finished_batch_start_the_scoring(modeled: Deployment) -> None:
    rules = {
        entry["Properties"]["Description"].split(": ")[1]: entry["Properties"]
        for entry in modeled.resources("AWS::Events::Rule", stack="models")
    }
    approved, nightly = rules["SageMaker Model Package State Change"], rules["Step Functions Execution Status Change"]

    assert approved["EventPattern"]["detail"] == {"ModelPackageGroupName": [*GROUPS], "ModelApprovalStatus": ["Approved"]}
    assert approved["Targets"][0]["InputTransformer"]["InputTemplate"] == '{"group":<detail-ModelPackageGroupName>}'
    assert nightly["EventPattern"]["detail"]["status"] == ["SUCCEEDED"]
    assert "BatchMachine" in json.dumps(nightly["EventPattern"]["detail"]["stateMachineArn"])
    assert nightly["Targets"][0]["Input"] == '{"group":"-"}'
    for rule in (approved, nightly):
        assert rule["Targets"][0]["Arn"] == {
            "Ref": next(id_ for id_ in modeled.content["models"]["Resources"] if "ScoringMachine" in id_)
        }


def test_failures_alarm_and_the_message_has_the_reason(modeled: Deployment) -> None:
    alarms = {entry["Properties"]["AlarmName"]: entry["Properties"] for entry in modeled.resources("AWS::CloudWatch::Alarm")}
    assert alarms["shoplake-prod-scoring-failed"]["MetricName"] == "ExecutionsFailed"
    assert alarms["shoplake-prod-training-failed"]["MetricName"] == "TriggeredRules"
    for name, metric, limit in (("model-drift", "scores.drift", 0.25), ("model-ranking", "scores.shortfall", 0)):
        alarm = alarms[f"shoplake-prod-{name}"]
        assert (alarm["MetricName"], alarm["Namespace"], alarm["Threshold"]) == (metric, "shoplake-prod", limit)
        # a good scoring ends it, a night without scores does not
        assert (alarm["Statistic"], alarm["TreatMissingData"]) == ("Maximum", "ignore")
    (rule,) = [
        entry["Properties"] for entry in modeled.resources("AWS::Events::Rule", stack="models") if "Step Status" in str(entry)
    ]
    assert rule["EventPattern"]["detail"]["currentStepStatus"] == ["Failed"]
    template = rule["Targets"][0]["InputTransformer"]["InputTemplate"]
    assert '"reason":<detail-failureReason>' in template
    assert "See docs/operations.md, training-failed." in template


@dataclass
class Run(Execution):
    """One scoring. `approved` are the groups with an approved version, `failures` the causes of failed jobs by package."""

    approved: tuple[str, ...] = GROUPS
    failures: dict[str, str] = field(default_factory=dict)
    requests: list[Mapping[str, Any]] = field(default_factory=list)
    loads: int = 0

    def answer(self, resource: str, parameters: Mapping[str, Any]) -> Any:
        if resource.endswith("listModelPackages"):
            assert parameters["ModelApprovalStatus"] == "Approved"
            known = parameters["ModelPackageGroupName"] in self.approved
            return {"ModelPackageSummaryList": [{"ModelPackageArn": PACKAGE}] if known else []}
        if resource.endswith("describeModelPackage"):
            assert parameters == {"ModelPackageName": PACKAGE}
            containers = [{"ModelDataUrl": "s3://curated/model.tar.gz"}]
            return {"ModelPackageVersion": 3, "InferenceSpecification": {"Containers": containers}}
        if resource.endswith("startJobRun.sync"):
            self.loads += 1
            return {"JobRunState": "SUCCEEDED"}
        assert resource.endswith("createProcessingJob.sync")
        self.requests.append(parameters)
        (package, _) = parameters["AppSpecification"]["ContainerArguments"]
        if package in self.failures:
            raise errors.Failure("SageMaker.AmazonSageMakerException", self.failures[package])
        return {}


@pytest.fixture(scope="module")
def machine(modeled: Deployment) -> dict[str, Any]:
    return modeled.state_machine("models")


def test_each_approved_version_scores_and_the_scores_are_loaded(machine: dict[str, Any]) -> None:
    run = Run(machine)

    assert run.perform(group="-") is None
    assert [request["AppSpecification"]["ContainerArguments"] for request in run.requests] == [
        ["churn", "customer_features"],
        ["anomaly", "order_features"],
        ["anomaly", "session_features"],
        ["anomaly", "customer_features"],
    ]
    request = run.requests[0]
    inputs = {entry["InputName"]: entry["S3Input"]["S3Uri"] for entry in request["ProcessingInputs"]}
    (output,) = request["ProcessingOutputConfig"]["Outputs"]
    assert inputs["model"] == "s3://curated/model.tar.gz"
    assert inputs["features"].endswith("/customer_features/source=my_shop/")
    assert output["S3Output"]["S3Uri"].endswith("/_scores/churn/source=my_shop")
    assert request["Environment"]["MODEL_VERSION"] == "3"
    assert re.fullmatch(r"shoplake-prod-score-[0-9a-f]{8}", request["ProcessingJobName"])
    assert (run.loads, run.messages) == (1, [])
    assert run.entered == assume("transitions_per_scoring")


def test_an_approval_scores_its_own_group_only(machine: dict[str, Any]) -> None:
    run = Run(machine)

    assert run.perform(group=ANOMALY) is None
    assert [request["AppSpecification"]["ContainerArguments"] for request in run.requests] == [["anomaly", "order_features"]]


def test_without_an_approved_version_nothing_scores(machine: dict[str, Any]) -> None:
    run = Run(machine, approved=())

    assert run.perform(group="-") is None
    assert (run.requests, run.messages) == ([], [])


@pytest.mark.parametrize(
    ("cause", "what"),
    [
        ("The account-level limit 'ml.m5.large' is 0 Instances (Error Code: ResourceLimitExceeded)", "A quota of SageMaker is"),
        ("No customer bought in the 180 days before the snapshot day; nothing to score.", "The job failed; its log is in"),
    ],
)
def test_a_failed_job_is_reported_and_the_other_model_scores(machine: dict[str, Any], cause: str, what: str) -> None:
    run = Run(machine, failures={"churn": cause})

    failure = run.perform(group="-")

    assert failure is not None
    assert failure.name == "Lake.ScoringFailed"
    assert run.requests[-1]["AppSpecification"]["ContainerArguments"] == ["anomaly", "customer_features"]
    assert run.loads == 1
    (message,) = run.messages
    (failed,) = message["failed"]
    assert (failed["group"], failed["cause"]) == (CHURN, cause)
    assert failed["what"].startswith(what)
