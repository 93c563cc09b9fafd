"""Anomalies on a lake's folder: trained with injected frauds as on AWS, scored, and checked for drift."""

from __future__ import annotations

import json
from datetime import date

import pytest

from contracts.errors import ModelError
from offline.models.jobs import registry, score, score_files, train
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
