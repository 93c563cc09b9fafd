"""Anomalies on a lake's folder: trained with injected frauds as on AWS, scored, and checked for drift."""

from __future__ import annotations

import json
from datetime import date
from types import SimpleNamespace

import pandas as pd
import pytest
from typer.testing import CliRunner

from contracts.errors import ModelError, UsageError
from offline.cli.app import app
from offline.models.jobs import add_feedback, kept_feedback, registry, score, score_files, train
from offline.models.monitoring import check_model
from offline.models.registry import APPROVED
from tests.unit.offline.models.feature_worlds import busy_shop, lake_of

SHOP = "shop"


@pytest.mark.full
def test_orders_after_the_training_are_checked_for_drift(tmp_path):
    # GIVEN a model of the first 200 of 300 days
    lake = lake_of(tmp_path, SHOP, busy_shop(orders=2_500))
    version = train(lake, "anomaly", SHOP, as_of=date(2025, 7, 19), hyperparameters={})
    assert version.record["data_as_of"] == "2025-07-19"
    assert set(version.metrics["injected"]) == {"account_takeover", "card_testing", "price_error_hoarding", "refund_abuse"}
    registry(lake).decide(version.name, APPROVED, "")
    # WHEN
    score(lake, "anomaly", SHOP, as_of=None)
    _, (*_, check) = check_model(lake, "anomaly", SHOP)
    # THEN all features and the score are compared
    checks = json.loads(score_files(lake, version)[-1].with_name("checks.json").read_text(encoding="utf-8"))
    assert {"log_amount", "burst", "anomaly_score"} <= set(checks["drift"])
    assert check.name.startswith("drift of ")
    # AND on the day of the training nothing is new
    score(lake, "anomaly", SHOP, as_of=date(2025, 7, 19))
    first = score_files(lake, version)[0]
    assert json.loads(first.with_name("checks.json").read_text(encoding="utf-8")) == {"drift": {}}


def test_a_shop_with_too_few_orders_is_refused_by_its_name(tmp_path):
    lake = lake_of(tmp_path, SHOP, busy_shop(orders=900))

    with pytest.raises(ModelError, match="shop: 900 orders, and detectors need 1000 to be judged; land more data"):
        train(lake, "anomaly", SHOP, as_of=None, hyperparameters={})


GRAINS = {"anomaly", "session_anomaly", "customer_anomaly"}


@pytest.mark.parametrize(("lacking", "code"), [({"session_anomaly"}, 0), (GRAINS, 10)])
def test_the_command_trains_what_the_source_has_data_for_and_names_the_rest(tmp_path, monkeypatch, lacking, code):
    def trained(_lake, model, source, *, as_of, hyperparameters):
        if model in lacking:
            raise ModelError(f"{source}: 0 rows for {model}")
        facts = {"metrics": {"ecod": {"recall": {"all": 0.9}, "pr_auc": 0.5}}, "chosen": "ecod", "decision": f"{model} decided."}
        return SimpleNamespace(name=f"{model}/{source}/1", metrics=facts)

    monkeypatch.setattr("offline.models.jobs.train", trained)
    lake = lake_of(tmp_path, SHOP, busy_shop(orders=20))
    # WHEN
    result = CliRunner().invoke(app, ["--lake", str(lake.root), "train", "anomaly", "--source", SHOP], env={"COLUMNS": "200"})
    # THEN
    for model in GRAINS:
        refused = f"{model}: not trained. {SHOP}: 0 rows for {model}"
        expected = refused if model in lacking else f"Registered as {model}/{SHOP}/1"
        assert any(line.startswith(expected) for line in result.output.splitlines()), (expected, result.output)
    assert (result.exit_code, type(result.exception)) == ((code, SystemExit) if code else (0, type(None)))


def test_reviewed_alerts_are_kept_for_the_model_of_their_key(tmp_path, monkeypatch):
    lake = lake_of(tmp_path, SHOP, busy_shop(orders=20))
    (lake.root / "models/session_anomaly/shop").mkdir(parents=True)
    monkeypatch.setattr("offline.models.jobs.latest_scores", lambda *_: (None, pd.DataFrame({"session_id": ["s1", "s2"]})))
    file = tmp_path / "alerts.csv"
    # WHEN
    for text in ("session_id,label\ns1,false\ns2,false\n", "session_id,label\ns1,confirmed\n"):
        file.write_text(text, encoding="utf-8")
        model, kept = add_feedback(lake, SHOP, file)
    # THEN
    assert model == "session_anomaly"
    assert dict(zip(kept["session_id"], kept["confirmed"], strict=True)) == {"s1": True, "s2": False}
    assert kept_feedback(lake, "anomaly", SHOP) is None
    file.write_text("session_id,label\ns9,false\n", encoding="utf-8")
    with pytest.raises(UsageError, match="the session s9 has no score; label sessions of `shoplake score session_anomaly`"):
        add_feedback(lake, SHOP, file)
