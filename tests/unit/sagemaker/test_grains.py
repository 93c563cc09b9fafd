"""Unusual sessions and customers: what bots look like to a shop, crawls found, and which customers are judged."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from anomaly import inference, worlds
from anomaly.crawls import KINDS as BOTS
from anomaly.crawls import with_crawls
from anomaly.detectors import Detectors
from anomaly.evaluate import alerts, recalls
from anomaly.features import ACTIVE_DAYS
from anomaly.frauds import KINDS as FRAUDS
from anomaly.grains import CUSTOMER, SESSION, grain_in
from anomaly.model_file import AnomalyModel, load_model
from anomaly.score import score, scored
from anomaly.train import train
from anomaly.worlds import fraud_worlds
from model_lib.batch import latest
from model_lib.environment import RefusalError, TrainingJob

from tests.unit.offline.models.feature_worlds import busy_shop, features, random_sessions

FIRST, LAST = pd.Timestamp("2025-05-01", tz="UTC"), pd.Timestamp("2025-07-18", tz="UTC")


@pytest.fixture(scope="module")
def visits() -> pd.DataFrame:
    return random_sessions(users=300)


@pytest.fixture(scope="module")
def labeled(visits) -> pd.DataFrame:
    """The sessions of the last months with those of bots."""
    changed, kinds = with_crawls(visits, first=FIRST, last=LAST, share=0.02, seed=1)
    with features(busy_shop(orders=50), changed) as shop:
        rows = shop.frame("session_features")
    rows = rows[rows["started_at"].between(FIRST, LAST)]
    return rows.assign(kind=rows["session_id"].map(kinds)).reset_index(drop=True)


@pytest.fixture(scope="module")
def model(labeled) -> AnomalyModel:
    usual = labeled[labeled["kind"].isna()]
    return AnomalyModel("ensemble", Detectors.fit(SESSION, usual, seed=0).tuned(usual, labeled), threshold=1.0)


def test_sessions_of_bots_look_to_a_shop_like_any_others(visits):
    changed, kinds = with_crawls(visits, first=FIRST, last=LAST, share=0.02, seed=1)
    added = changed.iloc[len(visits) :]
    assert set(kinds) == set(BOTS)
    assert list(kinds.index) == list(added["session_id"])
    assert (added["events"] == added["views"] + added["carts"] + added["removes"] + added["purchases"]).all()
    assert ((added["ended_at"] - added["started_at"]).dt.total_seconds() == added["duration_seconds"]).all()
    # crawlers look at many pages and buy nothing; some have an account, none of them a customer's
    crawls = added[added["session_id"].str.startswith("bot_crawl")]
    assert crawls[["carts", "purchases"]].sum().sum() == 0
    assert crawls["user_id"].isna().any()
    assert not set(added["user_id"].dropna()) & set(visits["user_id"])
    assert crawls["views"].median() > 20
    again, _ = with_crawls(visits, first=FIRST, last=LAST, share=0.02, seed=1)
    pd.testing.assert_frame_equal(changed, again)


def test_crawls_are_found_better_than_by_isolation_forest(model, labeled):
    scores = model.detectors.scores(labeled)
    found = {name: recalls(alerts(own, labeled["kind"].notna().mean()), labeled["kind"]) for name, own in scores.items()}
    assert found["ensemble"]["bot_crawl"] >= 0.8
    assert found["ensemble"]["all"] > found["isolation_forest"]["all"]


def test_a_session_has_reasons_in_the_words_of_sessions(model, labeled):
    scores = scored(model, labeled)
    assert list(scores.columns) == [*("session_id", "customer_id", "started_at", "anomaly_score", "rank", "is_alert", "reasons")]
    crawl = scores[scores["session_id"].str.startswith("bot_crawl")].iloc[0]
    assert any("many different products" in reason and reason.endswith("sessions)") for reason in crawl["reasons"])


def test_a_request_is_checked_by_the_columns_of_the_model(model, labeled):
    rows = inference.input_fn(labeled.head(3).to_csv(index=False), "text/csv")
    assert list(inference.predict_fn(rows, model)["session_id"]) == list(labeled.head(3)["session_id"])
    with pytest.raises(Exception, match="the column carts is missing; send the columns of session_features"):
        inference.predict_fn(rows.drop(columns="carts"), model)


def test_customers_are_judged_on_the_newest_day_if_they_bought_shortly_before():
    rows = pd.DataFrame(
        {
            "customer_id": ["a", "b", "a", "c"],
            "as_of": pd.to_datetime(["2025-01-31", "2025-03-02", "2025-03-02", "2025-03-02"]),
            "recency_days": [0, ACTIVE_DAYS - 1, ACTIVE_DAYS, 400],
        }
    )
    assert list(CUSTOMER.judged(rows)["customer_id"]) == ["b"]
    assert len(SESSION.judged(rows)) == 4


def test_only_the_newest_rows_are_learned_from(labeled, monkeypatch):
    monkeypatch.setattr("anomaly.features.MOST_ROWS", 10)
    newest = SESSION.latest(labeled)
    assert len(newest) == 10
    assert newest["started_at"].min() >= labeled["started_at"].nlargest(10).min()


def test_sessions_are_scored_as_of_the_day_of_the_last_one(labeled):
    day, rows = latest(labeled)
    assert day == labeled["started_at"].max().date()
    assert len(rows) == len(labeled)


def test_a_channel_without_a_table_of_features_is_refused(tmp_path):
    with pytest.raises(RefusalError, match="has none of order_features, session_features, customer_features"):
        grain_in(tmp_path)


@pytest.fixture(scope="module")
def customers() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Customers of a shop as of several days, and its order lines."""
    with features(busy_shop(orders=3_000)) as shop:
        return shop.frame("customer_features", snapshots=8), shop.facts("fct_order_items")


def test_fraudulent_customers_are_those_of_the_last_thirty_days(customers, monkeypatch):
    monkeypatch.setattr(worlds, "MIN_ROWS", 50)
    rows, lines = customers
    # WHEN
    made = fraud_worlds(CUSTOMER, "s", rows, lines)
    # THEN there are two days, and in each world all kinds, whose customers bought shortly before
    days = sorted(pd.to_datetime(rows["as_of"]).unique())
    assert {world: set(own["as_of"]) for world, own in made.groupby("world")} == {
        **{world: {days[-4]} for world in (0, 1)},
        **{world: {days[-1]} for world in (2, 3, 4)},
    }
    assert made.groupby("world")["kind"].agg(lambda kinds: set(kinds.dropna())).tolist() == [set(FRAUDS)] * 5
    assert (made["recency_days"] < ACTIVE_DAYS).all()
    # AND what nothing was added to is as it was
    own = made[(made["world"] == 2) & made["kind"].isna()].set_index("customer_id")
    usual = rows[pd.to_datetime(rows["as_of"]) == days[-1]].set_index("customer_id").loc[own.index]
    assert own["orders"].to_numpy() == pytest.approx(usual["orders"].to_numpy())
    assert own["spend_trend"].to_numpy() == pytest.approx(usual["spend_trend"].to_numpy())


def test_a_shop_with_few_customers_or_few_months_is_refused_in_a_sentence(customers, monkeypatch):
    rows, lines = customers
    sales = lines[lines["line_type"] == "sale"]
    days_ago = (sales["order_date"].max() - sales["order_date"]).dt.days
    active = sales.loc[days_ago < 30, "customer_id"].nunique()
    with pytest.raises(RefusalError, match=f"s: {active} customers who bought within 30 days, and detectors need 1000"):
        fraud_worlds(CUSTOMER, "s", rows, lines)
    monkeypatch.setattr(worlds, "MIN_ROWS", 50)
    young = rows[pd.to_datetime(rows["as_of"]).isin(sorted(pd.to_datetime(rows["as_of"]).unique())[-4:])]
    with pytest.raises(RefusalError, match="s: customers have features of 4 days, and detectors need 5, 30 days apart"):
        fraud_worlds(CUSTOMER, "s", young, lines)


@pytest.mark.full
def test_the_scripts_train_and_score_the_grain_of_their_table(customers, visits, monkeypatch, tmp_path: Path):
    monkeypatch.setattr(worlds, "MIN_ROWS", 50)
    with features(busy_shop(orders=50), visits) as shop:
        sessions = (SESSION, shop.frame("session_features"), shop.facts("fct_sessions"), BOTS)
    for grain, rows, facts, kinds in (sessions, (CUSTOMER, *customers, FRAUDS)):
        place = tmp_path / grain.name
        for name, table in {grain.table: rows, "fraud_worlds": fraud_worlds(grain, "s", rows, facts)}.items():
            (place / "train" / name).mkdir(parents=True)
            table.to_parquet(place / "train" / name / "part-00000.parquet")
        # WHEN
        train(TrainingJob({"train": place / "train"}, place / "model", place / "output", {"source": "s"}))
        score(TrainingJob({"input": place / "train"}, place / "model", place / "scores", {}))
        # THEN
        found = json.loads((place / "output/metrics.json").read_text(encoding="utf-8"))
        assert found["grain"] == grain.name
        assert set(found["metrics"]) >= {"robust_z", "mahalanobis", "ecod", "isolation_forest", "ensemble"}
        assert all(set(own["recall"]) == {*kinds, "all"} for own in found["metrics"].values())
        assert f"# Unusual {grain.plural} of s" in (place / "output/card.md").read_text(encoding="utf-8")
        scores = pd.read_parquet(place / "scores/anomaly_scores.parquet")
        assert sorted(scores[grain.key]) == sorted(grain.judged(rows)[grain.key])
        assert scores["anomaly_score"].is_monotonic_decreasing
        assert np.isfinite(scores["anomaly_score"]).all()
        assert load_model(place / "model").detectors.grain is grain
