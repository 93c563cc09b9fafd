"""What `make deploy` finds in an account, here moto's."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from tests.support.lazy import lazy

mock_aws = lazy("moto", "mock_aws")

main = lazy("stacks.deployed", "main")


TEMPLATE = json.dumps({"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}})


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_REGION", "eu-central-1")
    monkeypatch.delenv("AWS_DEFAULT_REGION", raising=False)
    with mock_aws():
        yield boto3.client("cloudformation", region_name="eu-central-1")


def test_an_account_is_bootstrapped_once(account: Any) -> None:
    question = ["bootstrapped", "-c", "env=dev", "--require-approval", "never"]
    assert main(question) == 1
    account.create_stack(StackName="CDKToolkit", TemplateBody=TEMPLATE)
    assert main(question) == 0


def test_stacks_of_earlier_settings_are_named(account: Any, capsys: pytest.CaptureFixture[str], tmp_path: Any) -> None:
    # GIVEN a lake with both optional stacks, and another lake
    for name in ("shoplake-dev-storage", "shoplake-dev-network", "shoplake-dev-govern", "other-dev-govern"):
        account.create_stack(StackName=name, TemplateBody=TEMPLATE)
    (tmp_path / "governed.yaml").write_text("govern: true\n")
    # WHEN it is deployed without them, and with one of them
    assert main(["leftovers", "-c", "env=dev"]) == 0
    both = capsys.readouterr().out.splitlines()
    assert main(["leftovers", "-c", "env=dev", "-c", f"config={tmp_path / 'governed.yaml'}"]) == 0
    one = capsys.readouterr().out.splitlines()
    # THEN
    assert [line.split(":")[0] for line in both] == ["shoplake-dev-network", "shoplake-dev-govern"]
    assert both[1].endswith("delete it: aws cloudformation delete-stack --stack-name shoplake-dev-govern")
    assert [line.split(":")[0] for line in one] == ["shoplake-dev-network"]


def test_without_the_right_to_ask_the_cdk_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_REGION", "eu-central-1")
    assert main(["bootstrapped", "-c", "env=dev"]) == 0


def test_wrong_settings_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bootstrapped", "-c", "env=prod"]) == 2
    assert capsys.readouterr().err.startswith("prod: alarms.emails is empty")


def test_views_are_left_out_in_an_emulator_and_refused_access_is_an_error(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    assert main(["views", "-c", "env=dev"]) == 0
    assert capsys.readouterr().out.startswith("Views: left out, because AWS_ENDPOINT_URL names an emulator")

    monkeypatch.delenv("AWS_ENDPOINT_URL")
    monkeypatch.setenv("AWS_ENDPOINT_URL_GLUE", "http://127.0.0.1:1")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_REGION", "eu-central-1")
    assert main(["views", "-c", "env=dev"]) == 1
    assert "shoplake views deploy --aws shoplake-dev" in capsys.readouterr().err
