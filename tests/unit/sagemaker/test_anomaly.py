"""Unusual orders: tails and recalls by hand, injected frauds found, reasons, feedback, and files that are refused."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from anomaly import inference
from anomaly.detectors import Detectors, fit_weights
from anomaly.evaluate import alerts, recalls
from anomaly.frauds import KINDS, with_frauds
from anomaly.grains import ORDER
from anomaly.model_file import AnomalyModel, load_model, save_model
from anomaly.score import MIN_LATER, drift, scored
from anomaly.tails import Tail
from anomaly.train import PUBLISHED, best, train
from anomaly.worlds import MIN_ROWS, fraud_worlds
from model_lib.drift import reference
from model_lib.environment import RefusalError, TrainingJob

from contracts.errors import UsageError
from offline.models.feedback_file import read_feedback
from tests.unit.offline.models.feature_worlds import busy_shop, features


@pytest.fixture(scope="module")
def lines() -> pd.DataFrame:
    return busy_shop()


@pytest.fixture(scope="module")
def orders(lines) -> pd.DataFrame:
    with features(lines) as shop:
        return numbers(shop.frame("order_features"))


@pytest.fixture(scope="module")
def labeled(lines) -> pd.DataFrame:
    """The shop's last months with injected frauds."""
    first, last = pd.Timestamp("2025-06-01", tz="UTC"), lines["ordered_at"].max()
    changed, kinds = with_frauds(lines, first=first, last=last, share=0.01, seed=1)
    with features(changed) as shop:
        rows = numbers(shop.frame("order_features"))
    rows = rows[rows["ordered_at"] >= first]
    return rows.assign(kind=rows["order_id"].map(kinds)).reset_index(drop=True)


def numbers(rows: pd.DataFrame) -> pd.DataFrame:
    text = {"order_id", "customer_id", "ordered_at", "kind"}
    return rows.astype({name: float for name in rows.columns if name not in text})


@pytest.fixture(scope="module")
def model(orders, labeled) -> AnomalyModel:
    detectors = Detectors.fit(ORDER, orders, seed=0).tuned(orders, labeled)
    threshold = np.quantile(detectors.scores(orders)["ensemble"], 0.99)
    return AnomalyModel("ensemble", detectors, float(threshold))


def test_a_tail_is_the_share_of_values_at_least_as_large():
    tail = Tail.fit(np.arange(1, 1001, dtype=float))
    assert tail(np.array([1.0, 501.0])) == pytest.approx([0, -np.log(0.5)], abs=0.01)
    # beyond everything seen it goes on, so that 5,000 is more unusual than 2,000
    (near, far, farther) = tail(np.array([1000.0, 2000.0, 5000.0]))
    assert near < far < farther


def test_recall_within_the_alert_budget_by_hand():
    # GIVEN 10 orders with a budget of 2, and frauds of two kinds at places 1, 2 and 5 of the ranking
    kinds = pd.Series(["bot", "theft", None, None, "bot", None, None, None, None, None])
    chosen = alerts(np.arange(10, 0, -1, dtype=float), 0.2)
    assert recalls(chosen, kinds) == {"bot": 0.5, "theft": 1.0, "all": pytest.approx(2 / 3)}


def test_a_simple_rule_is_published_where_it_is_best():
    metrics = {name: {"recall": {"all": 0.5}, "pr_auc": 0.4} for name in PUBLISHED}
    metrics["robust_z"] = {"recall": {"all": 0.9}, "pr_auc": 0.1}
    metrics["tuned_surprise"] = {"recall": {"all": 1.0}, "pr_auc": 1.0}
    assert best(metrics) == "robust_z"


def test_weights_are_never_negative():
    random = np.random.default_rng(1)
    values = random.random((400, 3))
    weights = fit_weights(values, values[:, 0] - values[:, 1] > 0.2)
    assert weights[0] > 0 == weights[1] <= weights[2]


def test_each_kind_of_fraud_looks_to_a_shop_like_orders(lines):
    first, last = pd.Timestamp("2025-06-01", tz="UTC"), lines["ordered_at"].max()
    changed, kinds = with_frauds(lines, first=first, last=last, share=0.01, seed=1)
    added = changed.iloc[len(lines) :]
    assert set(kinds) == set(KINDS)
    assert set(kinds.index) == set(added.loc[added["line_type"] == "sale", "order_id"])
    assert (added["net_amount"] == (added["quantity"] * added["unit_price"]).round(4)).all()
    # most of what a refund abuser buys comes back; testers of cards are new and buy single cheap items
    refunds = added[added["order_id"].str.startswith("refund_abuse")]
    assert refunds["net_amount"].sum() == pytest.approx(0)
    testers = added[added["order_id"].str.startswith("card_testing")]
    assert not set(testers["customer_id"]) & set(lines["customer_id"])
    again, _ = with_frauds(lines, first=first, last=last, share=0.01, seed=1)
    pd.testing.assert_frame_equal(changed, again)


def test_injected_frauds_are_found_better_than_by_isolation_forest(model, labeled):
    scores = model.detectors.scores(labeled)
    budget = labeled["kind"].notna().mean()
    found = {name: recalls(alerts(own, budget), labeled["kind"])["all"] for name, own in scores.items()}
    assert found["ensemble"] >= 0.8
    assert found["ensemble"] > found["isolation_forest"]


def test_an_order_like_no_other_is_at_the_top_with_its_reasons(model, orders):
    # GIVEN a wholesale order of a kind that nobody injected
    odd = orders.index[7]
    changed = orders.copy()
    changed.loc[odd, ["max_quantity", "units", "max_quantity_score"]] = [80_995, 80_995, 15.0]
    # WHEN
    scores = scored(model, changed)
    # THEN
    assert (scores.loc[0, "order_id"], scores.loc[0, "rank"], scores.loc[0, "is_alert"]) == (orders.loc[odd, "order_id"], 1, True)
    assert scores.loc[0, "reasons"][0].endswith("(fewer than 1 in 100,000 orders)")
    assert not any("fraud" in reason for reasons in scores["reasons"] for reason in reasons)


def test_reviewed_orders_are_no_alerts_again_and_teach_the_next_ranking(model, labeled):
    first = scored(model, labeled)
    seen = first.head(60)[["order_id"]].merge(labeled[["order_id", "kind"]])
    feedback = pd.DataFrame({"order_id": seen["order_id"], "confirmed": seen["kind"].notna()})
    # WHEN
    second = scored(model, labeled, feedback)
    # THEN
    reviewed = second["order_id"].isin(feedback["order_id"])
    assert not second.loc[reviewed, "is_alert"].any()
    assert sorted(second["order_id"]) == sorted(first["order_id"])
    # too few labels change nothing but their own rows
    pd.testing.assert_series_equal(scored(model, labeled, feedback.head(3))["order_id"], first["order_id"])


def test_a_model_is_the_same_after_it_was_stored(model, orders, tmp_path):
    save_model(tmp_path, model, {"source": "s"})
    again = load_model(tmp_path)
    for name, own in model.detectors.scores(orders).items():
        assert again.detectors.scores(orders)[name] == pytest.approx(own, rel=1e-6), name
    file = tmp_path / "model.json"
    file.write_text(file.read_text(encoding="utf-8").replace('"burst"', '"bursts"'), encoding="utf-8")
    with pytest.raises(RefusalError, match="trained on other features than this release computes"):
        load_model(tmp_path)


def test_orders_after_the_training_are_compared_with_its_last_ones(model, orders):
    # GIVEN a model of the orders up to June, and later orders of which half have ten times the amount
    until = pd.Timestamp("2025-06-01", tz="UTC")
    before = orders[orders["ordered_at"] <= until]
    known = ORDER.matrix(before).assign(anomaly_score=model.detectors.scores(before)["ensemble"])
    fitted = replace(model, trained_until=until.isoformat(), reference=reference(known))
    later = pd.concat([orders[orders["ordered_at"] > until]] * 20, ignore_index=True).head(2 * MIN_LATER)
    # WHEN
    usual = drift(fitted, pd.concat([before, later]))
    later.loc[later.index % 2 == 0, "amount"] *= 10
    unusual = drift(fitted, pd.concat([before, later]))
    # THEN
    assert set(usual) == {*ORDER.matrix(before).columns, "anomaly_score"}
    assert usual["log_amount"] < 0.25 < unusual["log_amount"]
    assert usual["log_units"] == unusual["log_units"]
    assert drift(fitted, before) == {}
    assert drift(model, orders) == {}


def test_a_request_gets_the_scores_of_the_batch_in_its_own_order(model, labeled, tmp_path):
    # GIVEN orders in another order than by score, one of them twice
    save_model(tmp_path, model, {"source": "s"})
    asked = labeled.head(30)
    rows = pd.concat([asked, asked.head(1)])
    # WHEN
    answer = inference.predict_fn(inference.input_fn(rows.to_csv(index=False), "text/csv"), inference.model_fn(str(tmp_path)))
    # THEN
    expected = scored(load_model(tmp_path), asked).set_index("order_id").loc[list(rows["order_id"])]
    assert list(answer["order_id"]) == list(rows["order_id"])
    assert list(answer["anomaly_score"]) == pytest.approx(list(expected["anomaly_score"]))
    assert list(answer["is_alert"]) == list(expected["is_alert"])
    assert list(answer["reasons"]) == ["; ".join(own) for own in expected["reasons"]]


@pytest.mark.full
def test_the_script_judges_all_detectors_on_later_worlds(lines, tmp_path):
    with features(lines) as shop:
        orders = shop.frame("order_features")
        tables = {"order_features": orders, "fraud_worlds": fraud_worlds(ORDER, "s", orders, shop.facts("fct_order_items"))}
    for name, rows in tables.items():
        (tmp_path / "train" / name).mkdir(parents=True)
        rows.to_parquet(tmp_path / "train" / name / "part-00000.parquet")
    assert len(lines["order_id"].unique()) > MIN_ROWS
    # WHEN
    train(TrainingJob({"train": tmp_path / "train"}, tmp_path / "model", tmp_path / "output", {"source": "s"}))
    # THEN
    facts = json.loads((tmp_path / "output/metrics.json").read_text(encoding="utf-8"))
    assert {"robust_z", "mahalanobis", "ecod", "isolation_forest", "tuned_surprise", "ensemble"} <= set(facts["metrics"])
    assert all(set(own["recall"]) == {*KINDS, "all"} for own in facts["metrics"].values())
    assert facts["decision"] in (tmp_path / "output/card.md").read_text(encoding="utf-8")
    assert load_model(tmp_path / "model").name == facts["chosen"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("order,label\n1,false\n", "expected the columns label and one of order_id, session_id"),
        ("order_id,session_id,label\n1,2,false\n", "expected the columns label and one of order_id, session_id"),
        ("order_id,label\n1,maybe\n", "line 2 has the label 'maybe'; expected confirmed or false"),
        ("", "at least one row"),
    ],
)
def test_a_wrong_feedback_file_is_refused_with_its_line(tmp_path: Path, text, message):
    (tmp_path / "alerts.csv").write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match=message):
        read_feedback(tmp_path / "alerts.csv", keys=["order_id", "session_id"])


def test_a_missing_feedback_file_is_refused(tmp_path: Path):
    with pytest.raises(UsageError, match="cannot be read as UTF-8 text"):
        read_feedback(tmp_path / "none.csv", keys=["order_id"])
