"""The job `scores`: files that scoring wrote become churn_scores and anomaly_scores."""

from __future__ import annotations

import argparse
import json
import shutil
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from contracts.errors import LakeError
from glue_jobs import scores
from glue_jobs.lib.curated.analysis import AnalysisInput
from glue_jobs.lib.lake.context import Lake, parse, parser
from glue_jobs.lib.lake.score_files import FILE, score_file, scores_of
from tests.support.shops import REES46_HEADER, Shop, event

pytestmark = [pytest.mark.analysis, pytest.mark.usefixtures("interpreted")]

SOURCE = "rees46"
LINES = [
    event("2019-10-01 10:00:00", "purchase", "p1", session="s1", price="10.00"),
    event("2019-10-01 10:05:00", "purchase", "p2", session="s1", price="2.50"),
    event("2019-10-02 09:00:00", "purchase", "p1", user="u2", session="s2", price="11.00"),
]


@pytest.fixture(scope="module")
def shop(spark, lake_root, kept_shops) -> Shop:
    shop = Shop(spark, lake_root, "scored", only_marts=("fct_order_items",))

    def build() -> None:
        shop.put(SOURCE, "events", "a.csv", [REES46_HEADER, *LINES])
        shop.conform(SOURCE)
        shop.build(SOURCE)

    kept_shops.build(shop, "built", build)
    return shop


@pytest.fixture(autouse=True)
def _nothing_scored(shop: Shop) -> None:
    shutil.rmtree(shop.folder("curated") / "_scores", ignore_errors=True)


def place(shop: Shop, model: str, day: str, version: int) -> Path:
    folder = shop.folder("curated") / scores_of(model, SOURCE) / f"as_of={day}" / f"version={version}"
    folder.mkdir(parents=True, exist_ok=True)
    return folder / FILE


def churn(shop: Shop, day: str, version: int, probabilities: dict[str, float]) -> None:
    """Scores of customers, as churn/score.py writes them."""
    rows = [
        {
            "customer_id": customer,
            "as_of": date.fromisoformat(day),
            "horizon_days": 30,
            "churn_probability": probability,
            "decile": 1,
            "reasons": ["last purchase 40 days ago raises the risk"],
        }
        for customer, probability in probabilities.items()
    ]
    frame = pd.DataFrame(rows).astype({"horizon_days": "int32", "decile": "int32"})
    frame.to_parquet(place(shop, "churn", day, version), index=False)


def anomalies(shop: Shop, day: str, version: int, orders: dict[str, float]) -> None:
    """Scores of orders, as anomaly/score.py writes them: the most unusual first."""
    rows = [
        {
            "order_id": order,
            "customer_id": None if number else "u1",
            "ordered_at": pd.Timestamp("2019-10-01", tz="UTC"),
            "anomaly_score": score,
            "rank": number + 1,
            "is_alert": not number,
            "reasons": [] if number else ["many items (1 in 90 orders)"],
        }
        for number, (order, score) in enumerate(orders.items())
    ]
    pd.DataFrame(rows).to_parquet(place(shop, "anomaly", day, version), index=False)


def load(shop: Shop) -> list[tuple[str, int]]:
    """Run the job; the rows that it wrote by table, none if nothing changed."""
    (built,) = scores.main(shop.arguments("--source", SOURCE))
    return [(account.table, account.processed) for account in built.accounts]


def test_every_day_is_kept_with_its_newest_version_and_the_facts_of_orders(shop: Shop) -> None:
    # GIVEN a lake where nothing is scored: no rows and no error
    assert {rows for _, rows in load(shop)} == {0}
    # GIVEN two days, one of them scored by versions 2 and 10, and an order that the lake no longer has
    churn(shop, "2019-10-01", 2, {"u1": 0.1})
    churn(shop, "2019-10-01", 10, {"u1": 0.25, "u2": 0.75, "u0": 0.75})
    churn(shop, "2019-10-02", 2, {"u1": 0.5})
    (order, other) = (row[0] for row in sorted(set(shop.rows("fct_order_items", "order_id"))))
    anomalies(shop, "2019-10-02", 1, {order: 9.5, "gone": 3.0, other: 0.5})
    # WHEN
    assert load(shop) == [("churn_scores", 4), ("anomaly_scores", 3)]
    # THEN ties of the probability are ranked by customer
    columns = ("as_of", "rank", "customer_id", "model_version", "churn_probability", "source")
    assert shop.rows("churn_scores", *columns) == [
        ("2019-10-01", 1, "u0", 10, 0.75, SOURCE),
        ("2019-10-01", 2, "u2", 10, 0.75, SOURCE),
        ("2019-10-01", 3, "u1", 10, 0.25, SOURCE),
        ("2019-10-02", 1, "u1", 2, 0.5, SOURCE),
    ]
    columns = ("rank", "entity_id", "customer_id", "amount", "units", "happened_at", "is_alert", "reasons")
    assert shop.rows("anomaly_scores", *columns) == [
        (1, order, "u1", "12.5000", 2, "2019-10-01 10:00:00", True, ["many items (1 in 90 orders)"]),
        (2, "gone", None, None, None, None, False, []),
        (3, other, None, "11.0000", 1, "2019-10-02 09:00:00", False, []),
    ]
    # AND only another score is something new
    assert load(shop) == []
    churn(shop, "2019-10-03", 2, {"u1": 0.5})
    assert load(shop) == [("churn_scores", 5), ("anomaly_scores", 3)]


def test_earlier_days_keep_only_what_was_new_of_orders(shop: Shop) -> None:
    # GIVEN four days: all is new; one order more; an order is reviewed and scored higher; another version
    anomalies(shop, "2019-10-01", 1, {"a": 2.0, "b": 1.0})
    anomalies(shop, "2019-10-02", 1, {"a": 2.0, "b": 1.0, "c": 0.5})
    anomalies(shop, "2019-10-03", 1, {"b": 3.0, "a": 2.0, "c": 0.5})
    anomalies(shop, "2019-10-04", 2, {"a": 9.0, "b": 8.0, "c": 7.0})
    anomalies(shop, "2019-10-05", 2, {"a": 9.0, "b": 8.0, "c": 7.0})
    # WHEN
    load(shop)
    # THEN the alert of a ended on the third day, and every order has a score of the newest version
    assert sorted(shop.rows("anomaly_scores", "as_of", "entity_id", "model_version")) == [
        *(("2019-10-01", order, 1) for order in "ab"),
        ("2019-10-02", "c", 1),
        *(("2019-10-03", order, 1) for order in "ab"),
        *(("2019-10-04", order, 2) for order in "abc"),
        *(("2019-10-05", order, 2) for order in "abc"),
    ]


def test_sessions_and_customers_have_days_and_ranks_of_their_own(shop: Shop) -> None:
    # GIVEN orders that were scored a day later than sessions and customers
    anomalies(shop, "2019-10-03", 1, {"a": 2.0})
    start = pd.Timestamp("2019-10-02 09:00:00", tz="UTC")
    common = {"anomaly_score": 4.5, "rank": 1, "is_alert": True, "reasons": ["many events (1 in 90 sessions)"]}
    session = {"session_id": "s2", "customer_id": "u2", "started_at": start} | common
    customer = {"customer_id": "u1", "as_of": date(2019, 10, 2)} | common
    pd.DataFrame([session]).to_parquet(place(shop, "session_anomaly", "2019-10-02", 4), index=False, coerce_timestamps="us")
    pd.DataFrame([customer]).to_parquet(place(shop, "customer_anomaly", "2019-10-01", 5), index=False)
    pd.DataFrame([customer]).to_parquet(place(shop, "customer_anomaly", "2019-10-02", 5), index=False)
    # WHEN
    load(shop)
    # THEN the newest day of each entity is kept, and of the customer's earlier day what was new then
    columns = ("entity", "as_of", "entity_id", "customer_id", "happened_at", "model_version", "rank", "amount")
    assert sorted(shop.rows("anomaly_scores", *columns)) == [
        ("customer", "2019-10-01", "u1", "u1", None, 5, 1, None),
        ("customer", "2019-10-02", "u1", "u1", None, 5, 1, None),
        ("order", "2019-10-03", "a", "u1", None, 1, 1, None),
        ("session", "2019-10-02", "s2", "u2", "2019-10-02 09:00:00", 4, 1, None),
    ]


def test_drift_and_ripened_ranking_are_figures_of_the_run(shop: Shop, spark, monkeypatch) -> None:
    # GIVEN scores of 2019-10-01 with known outcomes, and of a later day that is not ripe
    monkeypatch.setattr(scores, "MIN_OUTCOMES", 4)
    chances = {"u1": 0.9, "u2": 0.5, "u3": 0.5, "u4": 0.1}
    churn(shop, "2019-10-01", 1, chances)
    churn(shop, "2019-10-02", 1, chances)
    for day, drift in (("2019-10-01", 0.9), ("2019-10-02", 0.3)):
        text = json.dumps({"drift": {"log_orders": drift, "log_recency": 0.1}, "least_roc_auc": 0.7})
        place(shop, "churn", day, 1).with_name("checks.json").write_text(text, encoding="utf-8")
    anomalies(shop, "2019-10-02", 1, {"a": 2.0})
    place(shop, "anomaly", "2019-10-02", 1).with_name("checks.json").write_text('{"drift": {"burst": 0.4}}', encoding="utf-8")
    left = {"u1": True, "u2": False, "u3": True, "u4": False}
    horizon = pd.read_parquet(place(shop, "churn", "2019-10-01", 1))["horizon_days"].iloc[0]
    rows = [(customer, date(2019, 10, 1), int(horizon), one) for customer, one in left.items()]
    labels = spark.createDataFrame(rows, "customer_id string, as_of date, horizon_days int, has_churned boolean")
    lake = Lake.open(parse(parser(""), shop.arguments("--source", SOURCE)))
    tables = {"churn_labels": labels, "fct_order_items": lake.read("fct_order_items", source=SOURCE)}
    data = AnalysisInput(lake, SOURCE, tables, argparse.Namespace())
    # WHEN
    scores.compute(data)
    # THEN of four pairs of one who left and one who stayed, three are in order and one is a tie
    assert data.figures == {"drift": 0.4, "shortfall": round(0.7 - 3.5 / 4, 4)}


def _cut_off(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-20])


def _of_another_model(file: Path) -> None:
    pd.DataFrame({"order_id": ["o1"]}).to_parquet(file, index=False)


def _text_as_numbers(file: Path) -> None:
    pd.read_parquet(file).astype({"churn_probability": str}).to_parquet(file, index=False)


def _renamed(file: Path) -> None:
    file.rename(file.with_name("part-0.parquet"))


@pytest.mark.parametrize(
    ("harm", "sentence"),
    [
        (_cut_off, "scores.parquet: this Parquet file is damaged; run `{}`, which replaces it."),
        pytest.param(
            _text_as_numbers, "scores.parquet: this Parquet file is damaged; run `{}`, which replaces it.", marks=pytest.mark.full
        ),
        pytest.param(
            _of_another_model,
            "scores.parquet: has no column customer_id, so it is not what scoring with churn writes; delete it",
            marks=pytest.mark.full,
        ),
        pytest.param(
            _renamed,
            "part-0.parquet: is no file of scores; expected as_of=YYYY-MM-DD/version=NUMBER/scores.parquet below",
            marks=pytest.mark.full,
        ),
    ],
)
def test_a_damaged_or_foreign_file_is_named_with_the_remedy_and_nothing_changes(shop: Shop, harm, sentence: str) -> None:
    churn(shop, "2019-10-01", 1, {"u1": 0.25})
    load(shop)
    before = shop.rows("churn_scores")
    churn(shop, "2019-10-02", 3, {"u1": 0.5})
    file = place(shop, "churn", "2019-10-02", 3)
    harm(file)
    with pytest.raises(LakeError) as caught:
        load(shop)
    assert sentence.format(f"shoplake score churn --source {SOURCE} --as-of 2019-10-02") in str(caught.value)
    assert "as_of=2019-10-02/version=3" in str(caught.value) or "as_of=YYYY-MM-DD" in str(caught.value)
    assert shop.rows("churn_scores") == before


@pytest.mark.parametrize(
    "path",
    [
        "as_of=2019-13-01/version=1/scores.parquet",
        "as_of=2019-10-01/version=0/scores.parquet",
        "as_of=2019-10-01/version=one/scores.parquet",
        "as_of=2019-10-01/scores.parquet",
        "version=1/as_of=2019-10-01/scores.parquet",
        "as_of=2019-10-01/version=1/part-0.parquet",
    ],
)
def test_only_a_day_and_a_version_make_a_score_file(path: str) -> None:
    assert score_file(path) is None
    assert score_file("as_of=2019-10-01/version=12/scores.parquet").path == "as_of=2019-10-01/version=12/scores.parquet"
