"""The churn script: what it learns, what it refuses, and that it repeats itself."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from churn.splits import forward_splits
from churn.train import DEFAULTS, choose, train
from model_lib.environment import RefusalError, TrainingJob, run, settings_of
from model_lib.metrics import Estimate
from sklearn.metrics import roc_auc_score

from tests.unit.sagemaker.conftest import environment, run_script


def splits_of(tables):
    frames = {name: rows.copy() for name, rows in tables.items()}
    for rows in frames.values():
        for column in {"as_of", "known_on"} & set(rows.columns):
            rows[column] = pd.to_datetime(rows[column])
    return forward_splits(frames["customer_features"], frames["churn_labels"])


def test_no_split_knows_an_outcome_from_after_the_next_one_begins(tables):
    splits = splits_of(tables)
    assert splits.train["known_on"].max() <= splits.validate["as_of"].min()
    assert splits.refit["known_on"].max() <= splits.test["as_of"].min()
    assert splits.validate["as_of"].nunique() == splits.test["as_of"].nunique() == 1


def test_the_metrics_are_those_of_scikit_learn_on_the_saved_predictions(trained):
    facts = json.loads(trained.output("metrics.json"))
    predictions = pd.read_csv(trained.folder / "output/data/predictions.csv")
    assert set(facts["metrics"]) == set(predictions.columns) - {"customer_id", "as_of", "has_churned"}
    for name, own in facts["metrics"].items():
        assert own["roc_auc"]["value"] == pytest.approx(roc_auc_score(predictions["has_churned"], predictions[name]), abs=1e-4)
        assert own["roc_auc"]["low"] <= own["roc_auc"]["value"] <= own["roc_auc"]["high"]
    # simulated customers leave by chance after an order: nobody can see that coming perfectly, but rhythm shows
    assert 0.6 < facts["metrics"][facts["chosen"]]["roc_auc"]["value"] < 0.9
    assert {"recency", "frequency", "logistic_rfm", "bg_nbd_alive", "bg_nbd_purchases"} < set(facts["metrics"])


def test_the_card_states_the_decision_and_every_model(trained):
    facts, card = json.loads(trained.output("metrics.json")), trained.output("card.md").decode()
    assert facts["decision"] in card
    assert all(f"| {name}" in card for name in facts["metrics"])
    assert "A customer has churned without a purchase in the 30 days after the snapshot day." in card


@pytest.mark.full
def test_the_same_data_and_seed_give_the_same_bytes(tables, trained, tmp_path):
    again = run_script("churn/train.py", tmp_path, tables)
    for name in ("metrics.json", "card.json", "card.md", "predictions.csv"):
        assert again.output(name) == trained.output(name)


def test_the_challenger_is_registered_only_if_it_is_better_beyond_chance():
    def decide(low: float, high: float) -> tuple[str, str]:
        return choose("boosted_trees", {"boosted_trees": {"roc_auc_difference": Estimate(0.01, low, high)}})

    assert decide(0.002, 0.02)[0] == "boosted_trees"
    name, why = decide(-0.001, 0.02)
    assert (name, why[:62]) == ("logistic_rfm", "boosted_trees does not rank better than logistic_rfm beyond ch")


def test_a_planted_leak_stops_the_training(tables, tmp_path):
    # GIVEN a feature that knows who will leave: what a column computed from later rows looks like
    leaky = {name: rows.copy() for name, rows in tables.items()}
    customers = leaky["customer_features"].merge(leaky["churn_labels"], on=["customer_id", "as_of"], how="left")
    leaky["customer_features"]["price_level"] = customers["has_churned"].eq(True).astype(float)
    # WHEN
    run = run_script("churn/train.py", tmp_path, leaky)
    # THEN
    assert run.code == 1
    assert "is too good to be true; a feature gives the outcome away." in run.failure
    assert not (tmp_path / "model").exists()


def rare(labels: pd.DataFrame) -> pd.Series:
    """Twelve customers of each day leave."""
    return labels.groupby("as_of").cumcount() < 12


def changed(tables, name: str, **columns) -> dict:
    return tables | {name: tables[name].assign(**columns)}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: changed(t, "churn_labels", has_churned=True), "100.0% of the customers did not buy again within 30 days"),
        (
            lambda t: t | {"churn_labels": t["churn_labels"].head(150)},
            "and the models need 200; land more months of data .* at least 120 days",
        ),
        (lambda t: changed(t, "churn_labels", has_churned=rare(t["churn_labels"])), "only 12 customers are in the smaller class"),
        (
            lambda t: t | {"churn_labels": t["churn_labels"].iloc[:0]},
            "churn_labels: the table has no rows, so .* at least 120 days",
        ),
        (lambda t: changed(t, "churn_labels", customer_id="nobody-" + t["churn_labels"]["customer_id"]), "There are no labels"),
        (lambda t: changed(t, "customer_features", net_amount=np.inf), "net_amount has"),
        (lambda t: changed(t, "customer_features", orders="many"), "orders has values that are no numbers"),
        (lambda t: t | {"customer_features": t["customer_features"].iloc[:0]}, "customer_features: the table has no rows"),
        (lambda t: t | {"churn_labels": t["churn_labels"].drop(columns="known_on")}, "the column known_on is missing"),
        (lambda t: t | {"churn_labels": pd.concat([t["churn_labels"]] * 2)}, "two rows share as_of, customer_id"),
    ],
    ids=[
        "one class",
        "few rows",
        "small class",
        "no labels",
        "other customers",
        "infinite",
        "text",
        "empty",
        "no column",
        "twice",
    ],
)
def test_data_that_cannot_be_learned_from_is_refused_in_a_sentence(tables, tmp_path, change, message):
    for name, rows in change(tables).items():
        (tmp_path / name).mkdir()
        rows.to_parquet(tmp_path / name / "part-00000.parquet")
    with pytest.raises(RefusalError, match=message):
        train(TrainingJob({"train": tmp_path}, tmp_path / "model", tmp_path / "output", {"source": "s"}))
    assert not (tmp_path / "model").exists()


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({"SM_HPS": "{"}, "SM_HPS: '{' is not JSON; fix the variable."),
        ({"SM_HPS": '{"depth": 3}'}, "hyperparameter depth: there is no such setting; choose from source, seed,"),
        ({"SM_CHANNELS": "[]"}, "channel train: the job has no such channel"),
        ({"SM_MODEL_DIR": ""}, "SM_MODEL_DIR: the environment variable is missing"),
    ],
)
def test_a_wrong_environment_fails_with_the_reason_in_the_failure_file(tmp_path, monkeypatch, variables, message):
    for name, value in environment(tmp_path, **variables).items():
        monkeypatch.setenv(name, value)
    assert run(train) == 1
    assert (tmp_path / "output/failure").read_text(encoding="utf-8").startswith(message)


def test_the_process_ends_with_the_exit_code_and_the_failure_file(tmp_path):
    run = run_script("churn/train.py", tmp_path, {})
    assert (run.code, run.failure) == (
        1,
        f"{tmp_path}/input/customer_features: there are no Parquet files; compute the features first.",
    )


@pytest.mark.parametrize("values", [{"seed": "one"}, {"contact_cost": -1}, {"source": 3}, {"resamples": True}])
def test_a_hyperparameter_of_a_wrong_type_is_refused(values):
    with pytest.raises(RefusalError, match="is not a valid value; its default is"):
        settings_of(values, DEFAULTS)
