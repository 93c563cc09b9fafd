"""The roles of the models: SageMaker's jobs, the scoring, and the events around them."""

from __future__ import annotations

from collections.abc import Iterator

from stacks.permissions.rows import Permission
from stacks.pipelines import PIPELINES, model_name

JOBS, SCORING = "models/Role", "models/Scoring/Role"
START, REPORT = "models/Events/StartRole", "models/Events/ReportRole"
TRUSTED = {
    JOBS: "sagemaker.amazonaws.com",
    SCORING: "states.amazonaws.com",
    START: "events.amazonaws.com",
    REPORT: "events.amazonaws.com",
}
TO_SAGEMAKER = "StringEquals iam:PassedToService=sagemaker.amazonaws.com"
SUBNETS = ("network/Vpc/jobsSubnet1/Subnet", "network/Vpc/jobsSubnet2/Subnet")
INTERFACES = "ec2:network-interface/*"
# A row with {source} is repeated for each source that has models.
NAMES = tuple(model_name("{prefix}", model, "{source}") for model in PIPELINES)
GROUPS = tuple(f"sagemaker:model-package-group/{name}" for name in NAMES)
VERSIONS = tuple(f"sagemaker:model-package/{name}/*" for name in NAMES)


def _jobs() -> Iterator[Permission]:
    """Feature tables in, model files and scores out; nothing else of the lake."""
    features = ("customer_features", "churn_labels", "order_features", "session_features")
    tables = (*features, "fct_order_items", "fct_sessions")
    yield Permission(JOBS, "list objects", ("storage/Curated",))
    yield Permission(JOBS, "read objects", tuple(f"storage/Curated/{table}/*" for table in tables))
    yield Permission(JOBS, "add objects", ("storage/Curated/_models/*", "storage/Curated/_scores/*"))
    yield Permission(JOBS, "read objects", ("assets/*.zip",))
    code = "s3:cdk-hnb659fds-assets-<AccountId>-<Region>"
    yield Permission(JOBS, "list objects by prefix", (code,), when="StringLike s3:prefix=*.zip")
    yield Permission(JOBS, "use the key for files", ("storage/Key",))
    yield Permission(JOBS, "use the key for volumes", ("storage/Key",), when="Bool kms:GrantIsForAWSResource=true")
    yield Permission(JOBS, "run pipelines' jobs", ("sagemaker:processing-job/pipelines-*", "sagemaker:training-job/pipelines-*"))
    yield Permission(JOBS, "register versions", (*GROUPS, *VERSIONS))
    yield Permission(JOBS, "pass the role", (JOBS,), when=TO_SAGEMAKER)
    yield Permission(JOBS, "pull the image", ("ecr:repository/sagemaker-scikit-learn",))
    yield Permission(JOBS, "log in to ECR", ("*",))
    yield Permission(JOBS, "write the jobs' logs", ("logs:log-group:/aws/sagemaker/*",))
    yield Permission(JOBS, "publish metrics", ("*",), when="StringLike cloudwatch:namespace=/aws/sagemaker/*")


def _network() -> Iterator[Permission]:
    yield Permission(JOBS, "describe the jobs' network", ("*",), only="models private")
    yield Permission(JOBS, "create network interfaces", (INTERFACES, "network/Jobs", *SUBNETS), only="models private")
    own = f"ArnEquals ec2:Subnet={','.join(SUBNETS)}"
    yield Permission(JOBS, "share and delete network interfaces", (INTERFACES,), when=own, only="models private")


def _scoring() -> Iterator[Permission]:
    yield Permission(SCORING, "list versions", GROUPS)
    yield Permission(SCORING, "list and describe versions", VERSIONS)
    yield Permission(SCORING, "run scoring jobs", ("sagemaker:processing-job/{prefix}-score-*",))
    yield Permission(SCORING, "pass the role", (JOBS,), when=TO_SAGEMAKER)
    rule = "events:rule/StepFunctionsGetEventsForSageMakerProcessingJobsRule"
    yield Permission(SCORING, "wait for jobs by a rule", (rule,))
    yield Permission(SCORING, "run jobs", ("processing/Scores/Job",))
    yield Permission(SCORING, "publish to the topic", ("processing/AlertTopic",))
    yield Permission(SCORING, "encrypt and decrypt", ("storage/Key",))
    yield Permission(SCORING, "manage log delivery", ("*",))
    yield Permission(SCORING, "write traces", ("*",))


def _events() -> Iterator[Permission]:
    yield Permission(START, "start executions", ("models/Scoring/Machine",))
    yield Permission(START, "decrypt", ("storage/Key",))
    yield Permission(REPORT, "publish to the topic", ("processing/AlertTopic",))
    yield Permission(REPORT, "encrypt and decrypt", ("storage/Key",))


ROWS = tuple(
    row if row.only else Permission(row.role, row.may, row.on, when=row.when, only="models")
    for row in (*_jobs(), *_network(), *_scoring(), *_events())
)
