"""Athena workgroups, the readers' roles and the saved queries."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from athena_queries.named_queries import qualified, reports
from contracts import load
from contracts.errors import LakeError
from stacks.config import LakeConfig
from tests.support.deployments import Deployment, Synthesize
from tests.support.lazy import lazy

Template = lazy("aws_cdk.assertions", "Template")
Catalog = lazy("stacks.catalog", "Catalog")
new_app = lazy("stacks.lake", "new_app")
Query = lazy("stacks.query", "Query")
Storage = lazy("stacks.storage", "Storage")

DATABASES = {"processed": "lake_processed", "curated": "lake_curated"}


def statements(deployment: Deployment, reader: str) -> list[dict[str, Any]]:
    """The policy statements of this reader's role."""
    output = deployment.content["query"]["Outputs"][f"{reader}RoleArn"]
    role = output["Value"]["Fn::GetAtt"][0]
    (policy,) = [
        resource["Properties"]
        for resource in deployment.resources("AWS::IAM::ManagedPolicy", stack="query")
        if resource["Properties"]["Roles"] == [{"Ref": role}]
    ]
    allowed: list[dict[str, Any]] = policy["PolicyDocument"]["Statement"]
    return allowed


def buckets(deployment: Deployment, statement: dict[str, Any]) -> set[str]:
    """The zones whose buckets a statement's resources name."""
    outputs = deployment.content["storage"]["Outputs"]
    return {
        key.removesuffix("Bucket").lower()
        for key, output in outputs.items()
        if key.endswith("Bucket") and f"GetAtt{output['Value']['Ref']}Arn" in str(statement["Resource"])
    }


def actions(statement: dict[str, Any]) -> list[str]:
    actions = statement["Action"]
    return [actions] if isinstance(actions, str) else actions


@pytest.mark.parametrize(("env", "limit"), [("dev", 10 * 10**9), ("prod", 100 * 10**9)])
def test_a_workgroup_enforces_its_settings(synthesize: Synthesize, env: str, limit: int) -> None:
    groups = synthesize(env).resources("AWS::Athena::WorkGroup")

    assert {group["Properties"]["Name"] for group in groups} == {f"shoplake-{env}-analyst", f"shoplake-{env}-bi"}
    for group in groups:
        settings = group["Properties"]["WorkGroupConfiguration"]
        assert settings["EnforceWorkGroupConfiguration"] is True
        assert settings["BytesScannedCutoffPerQuery"] == limit
        assert settings["EngineVersion"] == {"SelectedEngineVersion": "Athena engine version 3"}
        assert settings["PublishCloudWatchMetricsEnabled"] is True
        result = settings["ResultConfiguration"]
        assert result["EncryptionConfiguration"]["EncryptionOption"] == "SSE_KMS"
        assert result["ExpectedBucketOwner"] == {"Ref": "AWS::AccountId"}


@pytest.mark.parametrize(("reader", "zones"), [("Analyst", {"processed", "curated"}), ("Bi", {"curated"})])
def test_a_reader_reads_its_zones_and_writes_only_results(dev: Deployment, reader: str, zones: set[str]) -> None:
    allowed = [entry for entry in statements(dev, reader) if entry["Effect"] == "Allow"]
    reading = [entry for entry in allowed if actions(entry) == ["s3:GetObject"]]
    writing = [entry for entry in allowed if any(word in action for action in actions(entry) for word in ("s3:Put", "s3:Delete"))]

    assert [buckets(dev, entry) for entry in reading] == [zones]
    assert [buckets(dev, entry) for entry in writing] == [{"results"}]
    assert all(str(entry["Resource"]).endswith(f"'/{reader.lower()}/*']]}}") for entry in writing)
    assert not any("s3:Delete" in action for entry in allowed for action in actions(entry))


def test_bi_knows_of_no_other_table_bucket_or_key(dev: Deployment) -> None:
    allowed = statements(dev, "Bi")

    named = [str(entry["Resource"]) for entry in allowed if any(action.startswith("glue:") for action in actions(entry))]
    assert all("dev_curated" in text and "processed" not in text for text in named)
    assert set().union(*[buckets(dev, entry) for entry in allowed]) == {"curated", "results"}
    for entry in allowed:
        if any(action.startswith("kms:") for action in actions(entry)):
            assert "kms:EncryptionContext:aws:s3:arn" in entry["Condition"]["StringLike"]
    services = {action.split(":")[0] for entry in allowed for action in actions(entry)}
    assert services == {"athena", "glue", "kms", "s3"}


def test_a_table_that_becomes_personal_is_denied_to_every_reader(monkeypatch: pytest.MonkeyPatch) -> None:
    # GIVEN a curated table with an unclassified column
    known = load("dim_customer")
    first = dataclasses.replace(known.columns[0], classification=None)
    personal = dataclasses.replace(known, columns=(first, *known.columns[1:]))
    assert (known.is_personal, personal.is_personal) == (False, True)
    monkeypatch.setattr("stacks.constructs.reader.load_all", lambda zone: {"dim_customer": personal} if zone == "curated" else {})
    # WHEN
    app, config = new_app(), LakeConfig.load()
    storage = Storage(app, "storage", config=config)
    catalog = Catalog(app, "catalog", config=config, storage=storage)
    template = Template.from_stack(Query(app, "query", config=config, storage=storage, catalog=catalog))
    # THEN
    policies = template.find_resources("AWS::IAM::ManagedPolicy").values()
    entries = [entry for policy in policies for entry in policy["Properties"]["PolicyDocument"]["Statement"]]
    denied = [entry for entry in entries if entry["Effect"] == "Deny"]
    assert [actions(entry)[-1] for entry in denied] == ["s3:GetObject", "glue:GetTables"] * 2
    assert all("/dim_customer" in str(entry["Resource"]) for entry in denied)


def test_no_reader_has_a_wildcard_action_or_all_resources(dev: Deployment) -> None:
    for reader in ("Analyst", "Bi"):
        for entry in statements(dev, reader):
            assert not any("*" in action for action in actions(entry))
            # Athena's console begins with these lists; they support no resources and name no table.
            if entry["Resource"] == "*":
                assert set(actions(entry)) == {
                    "athena:ListDataCatalogs",
                    "athena:ListEngineVersions",
                    "athena:ListWorkGroups",
                }


def test_every_report_is_a_saved_query(dev: Deployment) -> None:
    saved = {query["Properties"]["Name"]: query["Properties"] for query in dev.resources("AWS::Athena::NamedQuery")}

    assert set(saved) == {f"shoplake-dev-{report.name}" for report in reports(DATABASES)}
    figures = saved["shoplake-dev-uci_figures"]
    assert figures["Description"] == "the published figures of UCI Online Retail."
    assert "from shoplake_dev_processed.order_items" in figures["QueryString"]
    assert figures["WorkGroup"] == "shoplake-dev-analyst"


@pytest.mark.parametrize(
    ("sql", "written"),
    [
        ("select 1 from sales_daily", "select 1 from lake_curated.sales_daily"),
        ("select 1 from curated.sales_daily s", "select 1 from lake_curated.sales_daily s"),
        ("select extract(year from date) from dim_date", "select extract(year from date) from lake_curated.dim_date"),
        (
            "with events as (select * from order_items) select * from events",
            "with events as (select * from lake_processed.order_items) select * from events",
        ),
        (
            "-- from events\nselect 'from events' from orders o\nleft join dim_customer c on true",
            "-- from events\nselect 'from events' from lake_processed.orders o\nleft join lake_curated.dim_customer c on true",
        ),
    ],
)
def test_tables_are_qualified_and_nothing_else_changes(sql: str, written: str) -> None:
    assert qualified(sql, DATABASES, where="r.sql") == written


@pytest.mark.parametrize(
    ("sql", "sentence"),
    [
        ("select 1 from sale_daily", "r.sql: sale_daily is neither a table nor a view; did you mean sales_daily?"),
        ("select 1 from processed.sales_daily", "r.sql: processed.sales_daily is in curated; write curated.sales_daily."),
        ("select 1 from orders, events", "r.sql: events must directly follow FROM or JOIN; use JOIN, and no quotes."),
        ("select from where", "r.sql: "),
    ],
)
def test_invalid_sql_is_an_error(sql: str, sentence: str) -> None:
    with pytest.raises(LakeError) as refusal:
        qualified(sql, DATABASES, where="r.sql")

    assert sentence in str(refusal.value)
    assert "\n" not in str(refusal.value)
