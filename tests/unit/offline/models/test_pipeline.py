"""The pipelines run on this machine: the deployed definition, the deployed bundle, jobs as processes, S3 as folders."""

from __future__ import annotations

import json
import re
import tarfile
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from contracts.errors import ModelError
from offline.models.pipeline import LocalPipeline
from stacks.pipelines import Places, definition, scoring_items, scoring_job
from stacks.pipelines.code import model_code
from tests.unit.offline.models.feature_worlds import busy_shop, buying_customers, features

SNAPSHOTS = 12


@pytest.fixture(scope="module")
def tables() -> Mapping[str, pd.DataFrame]:
    with features(buying_customers()) as shop:
        return {name: shop.frame(name, snapshots=SNAPSHOTS) for name in ("customer_features", "churn_labels")}


@pytest.fixture(scope="module")
def store(tables, tmp_path_factory) -> Path:
    """Buckets: the code, and curated with the tables of a source and of one whose name begins alike."""
    root = tmp_path_factory.mktemp("s3")
    for name, rows in tables.items():
        for source in ("shop", "shop_2"):
            folder = root / "curated" / name / f"source={source}"
            folder.mkdir(parents=True)
            rows.assign(customer_id=source + rows["customer_id"]).to_parquet(folder / "part-00000.snappy.parquet", index=False)
    (root / "assets").mkdir()
    model_code(root / "assets")
    return root


@pytest.fixture(scope="module")
def places(store) -> Places:
    (code,) = (store / "assets").glob("*.zip")
    uri = f"s3://assets/{code.name}"
    return Places(image="image", role="role", key="key", curated="s3://curated", code=uri, code_file=code.name)


@pytest.fixture(scope="module")
def registered(store, places, tmp_path_factory) -> dict[str, Any]:
    """What the pipeline registered after a run of all its steps."""
    packages: list[Any] = []
    run = LocalPipeline(store, tmp_path_factory.mktemp("jobs"), packages.append, execution="run1")
    body = json.loads(json.dumps(definition("churn", source="shop", group="group", places=places)))
    run.run(body, Hyperparameters='{"source": "shop", "resamples": 40}')
    (package,) = packages
    return dict(package)


def scoring_request(item: Mapping[str, str], package: Mapping[str, Any], places: Places) -> dict[str, Any]:
    """The scoring job's request with the values that the state machine fills in, for version 7."""
    (container,) = package["InferenceSpecification"]["Containers"]
    values: dict[str, Any] = {"$.version.data": container["ModelDataUrl"], "$.version.number": "7", "$.version.job": "job"}
    values |= {f"$.item.{name}": value for name, value in item.items()} | {
        "States.Array($.item.package, $.item.table)": [item["package"], item["table"]]
    }
    text = re.sub(
        r'"(\w+)\.\$": "([^"]+)"', lambda key: f'"{key[1]}": {json.dumps(values[key[2]])}', json.dumps(scoring_job(places))
    )
    return dict(json.loads(text))


def test_the_pipeline_registers_what_it_trained_and_judged(registered, store):
    base = "s3://curated/_models/churn/source=shop/run1"
    assert registered["ModelPackageGroupName"] == "group"
    assert registered["ModelApprovalStatus"] == "PendingManualApproval"
    (container,) = registered["InferenceSpecification"]["Containers"]
    assert container["ModelDataUrl"] == f"{base}/trained/Train-run1/output/model.tar.gz"
    with tarfile.open(store / container["ModelDataUrl"].removeprefix("s3://")) as packed:
        assert sorted(name for name in packed.getnames() if name != ".") == ["./model.json", "./model.skops"]
    statistics = registered["ModelMetrics"]["ModelQuality"]["Statistics"]["S3Uri"]
    assert statistics == f"{base}/evaluation/metrics.json"
    evaluation = json.loads((store / statistics.removeprefix("s3://")).with_name("evaluation.json").read_text(encoding="utf-8"))
    metrics = json.loads((store / statistics.removeprefix("s3://")).read_text(encoding="utf-8"))
    assert evaluation["quality"] == {"name": "ROC AUC", **metrics["metrics"][metrics["chosen"]]["roc_auc"]}
    assert 0.5 < evaluation["quality"]["low"] < evaluation["quality"]["value"] < 0.95


def test_an_approved_version_scores_the_newest_snapshot_of_its_source(registered, store, places, tables, tmp_path):
    # GIVEN the parameters of the state, with the values of a version
    (item, *_) = scoring_items("lake", ["shop"], places)
    job = scoring_request(item, registered, places)
    # WHEN
    LocalPipeline(store, tmp_path, lambda _: None).process("Score", job)
    # THEN
    newest = tables["customer_features"]["as_of"].max()
    folder = store / "curated/_scores/churn/source=shop" / f"as_of={pd.Timestamp(newest).date()}" / "version=7"
    scores = pd.read_parquet(folder / "scores.parquet", partitioning=None)
    latest = tables["customer_features"][lambda rows: rows["as_of"] == newest]
    assert set(scores["customer_id"]) <= set("shop" + latest["customer_id"])
    assert scores["customer_id"].is_unique
    assert scores["churn_probability"].between(0, 1).all()
    assert len(scores) > 100
    checks = json.loads((folder / "checks.json").read_text(encoding="utf-8"))
    assert checks["drift"]["churn_probability"] < 1
    assert 0.5 < checks["least_roc_auc"] < 0.95


@pytest.mark.full
def test_the_anomaly_pipeline_injects_frauds_learns_from_them_and_scores_orders(places, store, tmp_path):
    # GIVEN a shop's orders and lines in curated, with decimals as Spark writes them, and nothing else
    with features(busy_shop()) as shop:
        orders, lines = shop.frame("order_features"), shop.facts("fct_order_items")
        lines = lines.assign(
            **{name: lines[name].map(lambda value: Decimal(str(value))) for name in ("unit_price", "net_amount")}
        )
        for name, rows in {"order_features": orders, "fct_order_items": lines}.items():
            folder = store / "curated" / name / "source=shop"
            folder.mkdir(parents=True)
            rows.to_parquet(folder / "part-00000.parquet", index=False)
    packages: list[Any] = []
    run = LocalPipeline(store, tmp_path / "jobs", packages.append, execution="run1")
    # WHEN it registers any quality: few frauds fit into the alert budget of a shop this small
    run.run(definition("anomaly", source="shop", group="group", places=places), LeastQuality=0)
    (_, item, *_) = scoring_items("lake", ["shop"], places)
    run.process("Score", scoring_request(item, packages[0], places))
    # THEN
    worlds = pd.read_parquet(store / "curated/_models/anomaly/source=shop/run1/fraud_worlds/part-00000.parquet")
    assert set(worlds["world"]) == {0, 1, 2, 3, 4}
    assert worlds["kind"].nunique() == 4
    day = orders["ordered_at"].max().date()
    scores = pd.read_parquet(
        store / f"curated/_scores/anomaly/source=shop/as_of={day}/version=7/scores.parquet", partitioning=None
    )
    assert sorted(scores["order_id"]) == sorted(orders["order_id"])
    assert list(scores["rank"]) == list(range(1, len(orders) + 1))
    assert 0 < scores["is_alert"].sum() <= len(orders) * 0.011
    # nothing is later than what it was trained on
    folder = store / f"curated/_scores/anomaly/source=shop/as_of={day}/version=7"
    assert json.loads((folder / "checks.json").read_text(encoding="utf-8")) == {"drift": {}}


@pytest.mark.full
def test_a_model_below_the_limit_is_not_registered(store, places, tmp_path):
    run = LocalPipeline(store, tmp_path, lambda _: pytest.fail("registered"), execution="run2")
    body = definition("churn", source="shop", group="group", places=places)

    with pytest.raises(ModelError, match="churn of shop: the quality on later data is below LeastQuality"):
        run.run(body, LeastQuality=0.99, Hyperparameters='{"source": "shop", "resamples": 40}')


def test_a_source_without_features_is_refused_with_the_reason(store, places, tmp_path):
    run = LocalPipeline(store, tmp_path, lambda _: pytest.fail("registered"))

    with pytest.raises(ModelError, match="customer_features/source=other/: there is nothing; compute it first"):
        run.run(definition("churn", source="other", group="group", places=places))


@pytest.mark.full
def test_a_refusal_of_the_training_reaches_the_user(store, places, tmp_path):
    run = LocalPipeline(store, tmp_path, lambda _: pytest.fail("registered"), execution="run3")

    with pytest.raises(ModelError, match="hyperparameter depth: there is no such setting"):
        run.run(definition("churn", source="shop", group="group", places=places), Hyperparameters='{"depth": 3}')
