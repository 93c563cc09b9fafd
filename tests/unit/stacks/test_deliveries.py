"""Alarms, logs and trails reach their targets: resource policies and key policies allow every delivery of a service."""

from __future__ import annotations

import json

from tests.support.deliveries import Deployed
from tests.support.deployments import Deployment, Synthesize


def test_every_delivery_is_allowed_by_the_target_and_its_key(variant: Deployment) -> None:
    deployed = Deployed(variant.content)

    sources = {delivery.service for delivery in deployed.deliveries()}
    assert {"cloudwatch.amazonaws.com", "logging.s3.amazonaws.com", "logs.<Region>.amazonaws.com"} | {
        "apigateway.amazonaws.com"
    } <= sources
    assert deployed.refusals() == []


def test_the_access_trail_may_deliver(synthesize: Synthesize) -> None:
    deployed = Deployed(synthesize("prod", alarms={"emails": ["data@example.com"]}).content)

    assert "cloudtrail.amazonaws.com" in {delivery.service for delivery in deployed.deliveries()}
    assert deployed.refusals() == []


def test_a_topic_policy_without_the_publisher_is_detected(dev: Deployment) -> None:
    # GIVEN a deployment whose topic policy only denies
    content = json.loads(json.dumps(dev.content))
    for resource in content["processing"]["Resources"].values():
        if resource["Type"] == "AWS::SNS::TopicPolicy":
            statements = resource["Properties"]["PolicyDocument"]["Statement"]
            resource["Properties"]["PolicyDocument"]["Statement"] = [entry for entry in statements if entry["Effect"] == "Deny"]
    # WHEN
    refusals = Deployed(content).refusals()
    # THEN each of the 25 alarms is named, and the 3 that send an all-clear are named twice
    assert len(dev.resources("AWS::CloudWatch::Alarm")) == 25
    assert len(refusals) == 25 + 3
    assert all("the resource policy does not allow it" in refusal for refusal in refusals)


def test_a_key_policy_without_the_service_is_detected(dev: Deployment) -> None:
    # GIVEN a key that CloudWatch may not use
    content = json.loads(json.dumps(dev.content))
    for resource in content["storage"]["Resources"].values():
        if resource["Type"] == "AWS::KMS::Key":
            policy = resource["Properties"]["KeyPolicy"]
            policy["Statement"] = [
                entry for entry in policy["Statement"] if entry["Principal"].get("Service") != "cloudwatch.amazonaws.com"
            ]
    # WHEN
    refusals = Deployed(content).refusals()
    # THEN
    assert refusals
    assert all("the key policy does not allow kms:" in refusal for refusal in refusals)
