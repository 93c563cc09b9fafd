"""Alarms, the dashboard, the budget and the access trail."""

from __future__ import annotations

import json

import pytest

from tests.support.deployments import Deployment, Synthesize
from tests.support.lazy import lazy

Match = lazy("aws_cdk.assertions", "Match")

ALWAYS = {
    "analyst-scans",
    "batch-failed",
    "batch-timed-out",
    "bi-scans",
    "job-failed",
    "job-slow",
    "quarantine-ratio",
    "reconciliation",
    "unread-files",
}
LIVE = {
    "api-failed",
    "api-refused",
    "api-slow",
    "delivery-failed",
    "delivery-late",
    "ingest-errors",
    "ingest-throttled",
    "live-abandoned",
    "live-behind",
    "live-dropped",
    "live-errors",
    "live-table-throttled",
    "live-throttled",
    "serving-errors",
    "serving-throttled",
    "stream-throttled",
}


def alarms(deployment: Deployment) -> dict[str, dict[str, object]]:
    prefix = f"{deployment.config.prefix}-"
    alarms = [entry["Properties"] for entry in deployment.resources("AWS::CloudWatch::Alarm")]
    return {entry["AlarmName"].removeprefix(prefix): entry for entry in alarms}


def test_the_expected_alarms_exist(variant: Deployment) -> None:
    # Without a schedule, no data is not an incident.
    expected = ALWAYS | LIVE | ({"no-data"} if variant.config.schedule.enabled else set())
    assert alarms(variant).keys() == expected


def test_every_alarm_notifies_the_topic(variant: Deployment) -> None:
    for name, alarm in alarms(variant).items():
        (target,) = alarm["AlarmActions"]  # type: ignore[misc]
        assert "processing:ExportsOutputRefAlertTopic" in json.dumps(target), name
        assert str(alarm["AlarmDescription"]).endswith(f"See docs/operations.md, {name}.")
        assert alarm.get("ActionsEnabled", True) is True


def test_only_an_alarm_that_good_runs_end_sends_an_all_clear(variant: Deployment) -> None:
    # GIVEN an alarm on events is OK again as soon as a period has none
    ends = {name: alarm.get("OKActions", []) for name, alarm in alarms(variant).items()}
    missing = {name: alarm["TreatMissingData"] for name, alarm in alarms(variant).items()}
    # THEN an all-clear comes from a good value of a later run, or from data where silence was the fault
    states = {"quarantine-ratio": "ignore", "reconciliation": "ignore", "unread-files": "ignore", "no-data": "breaching"}
    assert {name for name, actions in ends.items() if actions} == states.keys() & ends.keys()
    assert missing == {name: states.get(name, "notBreaching") for name in ends}
    for name, alarm in alarms(variant).items():
        assert ("No all-clear follows." in str(alarm["AlarmDescription"])) == (name not in states)


def test_no_data_for_26_hours_fires_on_missing_metrics(synthesize: Synthesize) -> None:
    synthesize("prod").template("observe").has_resource_properties(
        "AWS::CloudWatch::Alarm",
        {
            "AlarmName": "shoplake-prod-no-data",
            "Namespace": "shoplake-prod",
            "MetricName": "conform.records",
            "Statistic": "Sum",
            "Period": 3600,
            "EvaluationPeriods": 26,
            "DatapointsToAlarm": 26,
            "Threshold": 1,
            "ComparisonOperator": "LessThanThreshold",
            "TreatMissingData": "breaching",
        },
    )


@pytest.mark.parametrize(
    ("name", "metric", "statistic", "threshold"),
    [
        ("quarantine-ratio", "conform.ratio", "Maximum", 0.02),
        ("reconciliation", "conform.unaccounted", "Maximum", 0),
        ("unread-files", "conform.unread", "Maximum", 0),
        ("job-failed", "TriggeredRules", "Sum", 0),
        ("job-slow", "TriggeredRules", "Sum", 0),
        ("batch-failed", "ExecutionsFailed", "Sum", 0),
        ("bi-scans", "ProcessedBytes", "Sum", 7_000_000_000),
    ],
)
def test_thresholds_come_from_the_config(
    synthesize: Synthesize, name: str, metric: str, statistic: str, threshold: float
) -> None:
    watched = synthesize(alarms={"quarantine_ratio": 0.02, "scanned_gb_per_day": 7})
    watched.template("observe").has_resource_properties(
        "AWS::CloudWatch::Alarm",
        {
            "AlarmName": f"shoplake-dev-{name}",
            "MetricName": metric,
            "Statistic": statistic,
            "Threshold": threshold,
            "ComparisonOperator": "GreaterThanThreshold",
        },
    )


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("live-behind", ("AWS/Lambda", "IteratorAge", "Maximum", 30_000, 60, 5)),  # the metric is in milliseconds
        ("live-abandoned", ("AWS/Lambda", "OnFailureDestinationDeliveredEventCount", "Sum", 0, 300, 1)),
        ("live-dropped", ("AWS/Lambda", "DroppedEventCount", "Sum", 0, 300, 1)),
        ("live-table-throttled", ("AWS/DynamoDB", "WriteThrottleEvents", "Sum", 0, 300, 1)),
        ("ingest-errors", ("AWS/Lambda", "Errors", "Sum", 0, 300, 1)),
        ("serving-throttled", ("AWS/Lambda", "Throttles", "Sum", 0, 300, 1)),
        ("stream-throttled", ("AWS/Kinesis", "WriteProvisionedThroughputExceeded", "Sum", 0, 300, 1)),
        ("delivery-late", ("AWS/Firehose", "DeliveryToS3.DataFreshness", "Maximum", 900 + 5 * 60, 300, 1)),
        ("api-failed", ("AWS/ApiGateway", "5XXError", "Sum", 0, 300, 1)),
        ("api-refused", ("AWS/ApiGateway", "4XXError", "Average", 0.2, 300, 3)),
    ],
)
def test_alarms_of_the_live_path(synthesize: Synthesize, name: str, expected: tuple[object, ...]) -> None:
    limits = {"live_seconds": 30, "delivery_minutes": 5, "api_error_ratio": 0.2, "api_seconds": 0.5}
    alarm = alarms(synthesize(alarms=limits))[name]
    fields = ("Namespace", "MetricName", "Statistic", "Threshold", "Period", "EvaluationPeriods")
    assert tuple(alarm[field] for field in fields) == expected
    assert alarm["ComparisonOperator"] == "GreaterThanThreshold"


def test_one_slow_answer_in_a_hundred_is_reported(synthesize: Synthesize) -> None:
    limits = {"live_seconds": 30, "delivery_minutes": 5, "api_error_ratio": 0.2, "api_seconds": 0.5}
    alarm = alarms(synthesize(alarms=limits))["api-slow"]
    assert (alarm["ExtendedStatistic"], alarm["Threshold"]) == ("p99", 500)


def test_firehose_reports_any_failed_object(dev: Deployment) -> None:
    alarm = alarms(dev)["delivery-failed"]
    assert (alarm["MetricName"], alarm["Statistic"], alarm["Threshold"]) == ("DeliveryToS3.Success", "Minimum", 1)
    assert alarm["ComparisonOperator"] == "LessThanThreshold"


def test_failures_of_all_jobs_are_counted(dev: Deployment) -> None:
    rules = [rule["Properties"]["EventPattern"] for rule in dev.resources("AWS::Events::Rule")]
    (failed,) = [rule for rule in rules if rule["detail-type"] == ["Glue Job State Change"]]
    assert failed["source"] == ["aws.glue"]
    assert failed["detail"]["state"] == ["FAILED", "TIMEOUT", "ERROR"]
    assert len(failed["detail"]["jobName"]) == len(dev.resources("AWS::Glue::Job"))


def test_a_failed_job_run_is_reported_with_its_name_and_message(dev: Deployment) -> None:
    rules = [found["Properties"] for found in dev.resources("AWS::Events::Rule")]
    (failed,) = [rule for rule in rules if rule["EventPattern"]["detail-type"] == ["Glue Job State Change"]]
    (target,) = failed["Targets"]
    assert "AlertTopic" in json.dumps(target["Arn"])
    assert "JobEventsRole" in json.dumps(target["RoleArn"])
    assert set(target["InputTransformer"]["InputPathsMap"].values()) == {
        "$.detail.jobName",
        "$.detail.state",
        "$.detail.jobRunId",
        "$.detail.message",
    }
    assert "See docs/operations.md, job-failed." in target["InputTransformer"]["InputTemplate"]


def test_the_dashboard_shows_every_alarm(variant: Deployment) -> None:
    (dashboard,) = variant.resources("AWS::CloudWatch::Dashboard")
    body = json.dumps(dashboard["Properties"]["DashboardBody"])
    assert dashboard["Properties"]["DashboardName"] == variant.config.prefix
    for name in alarms(variant):
        assert f'\\"title\\":\\"{name}\\"' in body.replace('\\\\"', '\\"')


def test_a_budget_notifies_its_addresses(synthesize: Synthesize) -> None:
    paid = synthesize(budget={"monthly_usd": 50, "emails": ["owner@example.com"]})
    paid.template("observe").has_resource_properties(
        "AWS::Budgets::Budget",
        {
            "Budget": Match.object_like({"BudgetLimit": {"Amount": 50, "Unit": "USD"}, "TimeUnit": "MONTHLY"}),
            "NotificationsWithSubscribers": [
                {
                    "Notification": Match.object_like({"NotificationType": kind, "Threshold": percent}),
                    "Subscribers": [{"Address": "owner@example.com", "SubscriptionType": "EMAIL"}],
                }
                for kind, percent in (("ACTUAL", 80), ("FORECASTED", 100))
            ],
        },
    )


def test_without_an_amount_there_is_no_budget(dev: Deployment) -> None:
    assert dev.resources("AWS::Budgets::Budget") == []


def test_prod_records_access_to_objects(synthesize: Synthesize, dev: Deployment) -> None:
    assert dev.resources("AWS::CloudTrail::Trail") == []
    synthesize("prod").template("observe").has_resource_properties(
        "AWS::CloudTrail::Trail",
        {
            "IsLogging": True,
            "EnableLogFileValidation": True,
            "KMSKeyId": Match.any_value(),
            "AdvancedEventSelectors": [
                {
                    "Name": "objects of the lake",
                    "FieldSelectors": [
                        {"Field": "eventCategory", "Equals": ["Data"]},
                        {"Field": "resources.type", "Equals": ["AWS::S3::Object"]},
                        {"Field": "resources.ARN", "StartsWith": [Match.any_value()] * 3},
                    ],
                }
            ],
        },
    )
