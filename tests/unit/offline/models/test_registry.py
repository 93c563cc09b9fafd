"""Train, approve, score and explain on a lake's folder, as the commands do."""

from __future__ import annotations

import json
import shutil
from datetime import date

import boto3
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score
from typer.testing import CliRunner

from contracts.errors import ModelError, UsageError
from offline.cli.app import app
from offline.lake.local_lake import LocalLake
from offline.models.jobs import latest_scores, registry, score, score_files, scores_folder, train
from offline.models.monitoring import check_model
from offline.models.nightly import Night, score_night
from offline.models.registry import APPROVED, PENDING, REJECTED
from tests.unit.offline.models.feature_worlds import buying_customers, features, lake_of

SHOP = "shop"


@pytest.fixture(scope="module")
def lake(tmp_path_factory) -> LocalLake:
    """A lake with the facts of 600 simulated customers and one trained version."""
    lake = lake_of(tmp_path_factory.mktemp("lake"), SHOP, buying_customers())
    train(lake, "churn", SHOP, as_of=None, hyperparameters={"resamples": 30})
    return lake


@pytest.fixture
def name(lake) -> str:
    """A version that waits for approval."""
    for version in registry(lake).versions():
        (version.folder / "record.json").write_text(json.dumps({**version.record, "status": PENDING}), encoding="utf-8")
    return f"churn/{SHOP}/1"


def test_only_an_approved_version_scores(lake, name):
    # GIVEN a version that nobody has approved
    with pytest.raises(ModelError, match="churn of shop: no version is approved; see `shoplake models`"):
        score(lake, "churn", SHOP, as_of=None)
    # WHEN
    registry(lake).decide(name, APPROVED, "looks good")
    version, scores = score(lake, "churn", SHOP, as_of=None)
    # THEN
    assert (version.name, version.record["reason"]) == (name, "looks good")
    assert scores["churn_probability"].between(0, 1).all()
    assert latest_scores(lake, "churn", SHOP)[1]["customer_id"].tolist() == scores["customer_id"].tolist()
    # AND a rejected one does not
    registry(lake).decide(name, REJECTED, "too old")
    with pytest.raises(ModelError, match="no version is approved"):
        score(lake, "churn", SHOP, as_of=None)


@pytest.mark.full
def test_scores_as_of_a_day_use_nothing_that_happened_later(lake, name):
    registry(lake).decide(name, APPROVED, "")
    day = date(2025, 9, 1)
    # WHEN the same day is scored from all the data, and from a lake that ends on that day
    _, scores = score(lake, "churn", SHOP, as_of=day)
    assert set(scores["as_of"]) == {day}
    lines = buying_customers()
    with features(lines[lines["order_date"] <= day]) as past:
        known = set(past.frame("customer_features", as_of=day).query("recency_days <= 60")["customer_id"])
    assert set(scores["customer_id"]) == known


def test_a_version_whose_files_changed_is_neither_approved_nor_used(lake, name):
    registry(lake).decide(name, APPROVED, "")
    file = registry(lake).version(name).folder / "model/model.json"
    original = file.read_bytes()
    file.write_bytes(original.replace(b'"horizon_days": 30', b'"horizon_days": 31'))
    try:
        with pytest.raises(ModelError, match=r"model\.json: the file is missing or was changed since it was registered"):
            score(lake, "churn", SHOP, as_of=None)
        with pytest.raises(ModelError, match="was changed since it was registered"):
            registry(lake).decide(name, APPROVED, "")
    finally:
        file.write_bytes(original)


def test_the_record_has_the_status_values_of_sagemaker(lake, name):
    shape = boto3.session.Session()._session.get_service_model("sagemaker", "2017-07-24").shape_for("ModelApprovalStatus")
    assert {PENDING, APPROVED, REJECTED} <= set(shape.enum)
    assert registry(lake).version(name).status == PENDING


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda lake: train(lake, "churm", SHOP, as_of=None, hyperparameters={}), "churm: there is no such model; choose from"),
        (lambda lake: registry(lake).version("churn/shop/9"), "churn/shop/9: there is no such version; known: churn/shop/1"),
        (lambda lake: train(lake, "churn", SHOP, as_of=date(2024, 1, 1), hyperparameters={}), "shop: there are no order lines"),
    ],
)
def test_wrong_names_and_days_are_refused_in_a_sentence(lake, call, message):
    with pytest.raises(UsageError, match=message):
        call(lake)


@pytest.mark.full
def test_a_refused_training_registers_nothing(lake):
    with pytest.raises(
        ModelError, match=r"churn_labels: the table has no rows, so .*; land more months of data \(.* at least 120 days\)"
    ):
        train(lake, "churn", SHOP, as_of=date(2025, 3, 1), hyperparameters={})
    assert [version.name for version in registry(lake).versions()] == [f"churn/{SHOP}/1"]
    assert not list((lake.root / "models/_jobs").iterdir())


@pytest.mark.full
def test_outcomes_that_are_known_by_now_are_checked_and_drift_says_to_train_again(lake, name):
    # GIVEN scores as of a day whose horizon is over, and as of the last one
    registry(lake).decide(name, APPROVED, "")
    shutil.rmtree(scores_folder(lake, "churn", SHOP), ignore_errors=True)
    with pytest.raises(ModelError, match="nothing is scored yet; run `shoplake score churn --source shop` first"):
        check_model(lake, "churn", SHOP)
    for day in (date(2025, 9, 15), None):
        score(lake, "churn", SHOP, as_of=day)
    # WHEN
    version, checks = check_model(lake, "churn", SHOP)
    # THEN the ranking of the earlier day is that of scikit-learn on outcomes counted by hand
    (ranked,) = [one for one in checks if one.name.startswith("ROC AUC of ")]
    file = scores_folder(lake, "churn", SHOP) / "as_of=2025-09-15/version=1/scores.parquet"
    scores = pd.read_parquet(file, partitioning=None).set_index("customer_id")
    lines = buying_customers()
    later = lines[(lines["order_date"] > date(2025, 9, 15)) & (lines["order_date"] <= date(2025, 10, 15))]
    stayed = scores.index.isin(later["customer_id"])
    assert ranked.figure.startswith(f"{roc_auc_score(~stayed, scores['churn_probability']):.3f}, [")
    # AND customers unlike those of the training are a reason to train again
    drift = score_files(lake, version)[-1].with_name("checks.json")
    drift.write_text(json.dumps({"drift": {"log_orders": 0.3, "log_recency": 0.01}}), encoding="utf-8")
    reasons = [one.reason for one in check_model(lake, "churn", SHOP)[1] if one.reason]
    assert "log_orders has another distribution than in training" in reasons


@pytest.mark.full
def test_the_batch_scores_with_approved_versions_what_it_has_built(lake, name):
    # GIVEN a version that waits for approval, and nothing scored
    shutil.rmtree(scores_folder(lake, "churn", SHOP), ignore_errors=True)
    assert score_night(lake, {SHOP: True}) == Night()
    # WHEN it is approved, and the batch built the marts of this source or of another one
    registry(lake).decide(name, APPROVED, "")
    assert score_night(lake, {"other": True}) == Night()
    night = score_night(lake, {SHOP: False})
    # THEN a new version scores the source even if nothing changed, and says how it is
    (sentence,) = night.sentences
    last, customers = latest_scores(lake, "churn", SHOP)[1]["as_of"][0], len(latest_scores(lake, "churn", SHOP)[1])
    assert sentence.startswith(f"{name}: {customers} customers scored as of {last}; ")
    assert "train again" in sentence
    assert (night.sources, night.errors) == ([SHOP], [])
    # AND only changes are scored again
    assert score_night(lake, {SHOP: False}) == Night()
    assert score_night(lake, {SHOP: True}).sources == [SHOP]


def test_a_version_that_cannot_score_is_an_error_of_the_batch(lake, name):
    registry(lake).decide(name, APPROVED, "")
    file = registry(lake).version(name).folder / "model/model.json"
    original = file.read_bytes()
    file.write_bytes(b"{}")
    try:
        night = score_night(lake, {SHOP: True})
    finally:
        file.write_bytes(original)
    assert (night.sentences, night.sources) == ([], [])
    assert [type(error) for error in night.errors] == [ModelError]


def shoplake(lake: LocalLake, *arguments: str) -> str:
    """What a command prints, after it succeeded."""
    result = CliRunner().invoke(app, ["--lake", str(lake.root), *arguments], env={"COLUMNS": "200"})
    assert result.exit_code == 0, result.output
    return result.output


def test_the_commands_show_approve_score_and_explain(lake, name):
    assert name in shoplake(lake, "models")
    assert "# Churn model of shop" in shoplake(lake, "models", "show", name)
    assert f"{name}: Rejected." in shoplake(lake, "models", "reject", name, "--reason", "trial")
    assert f"{name}: Approved." in shoplake(lake, "models", "approve", name)
    assert f"rows scored by {name}." in shoplake(lake, "score", "churn", "--source", SHOP)
    customer = latest_scores(lake, "churn", SHOP)[1]["customer_id"][0]
    assert "raises the risk" in shoplake(lake, "explain", "churn", customer, "--source", SHOP)
    # A rejected version takes its scores with it, and leaves those of others.
    other = scores_folder(lake, "churn", SHOP) / "as_of=2025-01-01/version=2/scores.parquet"
    other.parent.mkdir(parents=True)
    other.touch()
    assert "`shoplake analyze scores --source shop` removes them" in shoplake(lake, "models", "reject", name, "--reason", "trial")
    assert list(scores_folder(lake, "churn", SHOP).rglob("scores.parquet")) == [other]
    assert "Its scores" not in shoplake(lake, "models", "reject", name, "--reason", "trial")
    shutil.rmtree(scores_folder(lake, "churn", SHOP))
    registry(lake).decide(name, APPROVED, "")
    score(lake, "churn", SHOP, as_of=None)
    unknown = CliRunner().invoke(app, ["--lake", str(lake.root), "explain", "churn", "nobody", "--source", SHOP])
    assert unknown.exit_code == UsageError.exit_code
    assert "nobody: churn/shop/1 has no such score" in " ".join(unknown.output.split())
