"""A trained model: read again, served, and refused when it is not what it claims to be."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from anomaly import inference as anomaly_inference
from anomaly.grains import ORDER
from churn import inference
from churn.model_file import load_model
from churn.score import scored
from model_lib.environment import RefusalError
from model_lib.serving import CSV, JSON, RequestError
from sklearn.preprocessing import FunctionTransformer


@pytest.fixture
def customers(tables) -> pd.DataFrame:
    rows = tables["customer_features"].astype({"net_amount": float, "net_amount_90": float, "mean_order_amount": float})
    rows["as_of"] = pd.to_datetime(rows["as_of"])
    return rows[rows["as_of"] == rows["as_of"].max()]


@pytest.fixture
def folder(trained, tmp_path) -> Path:
    return Path(shutil.copytree(trained.folder / "model", tmp_path / "model"))


def test_scores_have_deciles_of_equal_size_and_reasons(folder, customers):
    scores = scored(load_model(folder), customers)
    assert list(scores["churn_probability"]) == sorted(scores["churn_probability"], reverse=True)
    sizes = scores.groupby("decile").size()
    assert list(sizes.index) == list(range(1, 11))
    assert sizes.max() - sizes.min() <= 1
    # nobody who left two horizons ago is scored
    shown = customers.set_index("customer_id")["recency_days"][scores["customer_id"]]
    assert shown.max() <= 60 < customers["recency_days"].max()
    first = scores.iloc[0]
    assert any(reason.startswith(f"last purchase {shown.iloc[0]} days ago (typical: ") for reason in first["reasons"])
    assert all(reason.endswith((" raises the risk", " lowers the risk")) for reasons in scores["reasons"] for reason in reasons)


@pytest.mark.parametrize("kind", [CSV, JSON])
def test_the_served_model_answers_as_the_batch_does(folder, customers, kind):
    model = inference.model_fn(str(folder))
    text = customers.to_csv(index=False) if kind == CSV else customers.drop(columns="as_of").to_json(orient="records")
    # WHEN
    answer = inference.predict_fn(inference.input_fn(text.encode(), kind), model)
    body = json.loads(inference.output_fn(answer, "application/json"))
    # THEN
    expected = scored(load_model(folder), customers).set_index("customer_id")["churn_probability"]
    actual = {row["customer_id"]: row["churn_probability"] for row in body}
    assert len(body) == len(customers)
    assert {name: actual[name] for name in expected.index} == pytest.approx(dict(expected))
    assert len(inference.output_fn(answer, "text/csv").splitlines()) == len(customers)


@pytest.mark.parametrize(
    ("body", "kind", "status", "message"),
    [
        ("a,b\n1,2\n", "text/csv", 400, "the column customer_id is missing"),
        ("[]", "application/json", 400, "is missing"),
        ("{", "application/json", 400, "the body is not valid application/json: Expecting property name"),
        ("3", "application/json", 400, "the body is not valid application/json"),
        (b"\xff\xfe", "text/csv", 400, "the body is not valid text/csv: 'utf-8' codec can't decode"),
        ("", "text/csv", 400, "the body is not valid text/csv: No columns to parse from file"),
        ("x", "application/xml", 415, "expected text/csv or application/json"),
    ],
)
@pytest.mark.parametrize("script", [inference, anomaly_inference], ids=["churn", "anomaly"])
def test_a_bad_request_is_refused_in_a_sentence(script, body, kind, status, message):
    message = message.replace("customer_id", "order_id") if script is anomaly_inference else message
    with pytest.raises(RequestError, match=message) as refused:
        answered(script, body, kind)
    assert refused.value.status_code == status


def answered(script, body, kind) -> None:
    rows = script.input_fn(body, kind)
    # Only a model of anomalies knows which columns its rows must have.
    script.predict_fn(rows, SimpleNamespace(detectors=SimpleNamespace(grain=ORDER)))


def test_an_infinite_number_or_text_is_refused(customers):
    with pytest.raises(RequestError, match="a number is infinite"):
        inference.input_fn(customers.assign(net_amount=np.inf).to_csv(index=False), "text/csv")
    with pytest.raises(RequestError, match="net_amount has a value that is no number"):
        inference.input_fn(customers.assign(net_amount="many").to_csv(index=False), "text/csv")


def test_an_answer_in_another_format_is_refused():
    with pytest.raises(RequestError, match="accept image/png: expected text/csv") as refused:
        inference.output_fn(pd.DataFrame(), "image/png")
    assert refused.value.status_code == 406


def description(folder: Path, **values) -> None:
    file = folder / "model.json"
    file.write_text(json.dumps(json.loads(file.read_text(encoding="utf-8")) | values), encoding="utf-8")


def foreign(folder: Path) -> None:
    """A file with a type that could run code, and the hash that belongs to it."""
    import skops.io
    from model_lib.artifacts import file_hash

    skops.io.dump(FunctionTransformer(func=shutil.rmtree), folder / "model.skops")
    description(folder, sha256=file_hash(folder / "model.skops"))


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda folder: (folder / "model.skops").write_bytes(b"PK"), "its hash differs from that in model.json"),
        (lambda folder: (folder / "model.skops").unlink(), "the file is missing"),
        (lambda folder: (folder / "model.json").write_text("{"), "missing or not JSON"),
        (lambda folder: description(folder, model="anomaly"), "model is 'anomaly', expected 'churn'"),
        (lambda folder: description(folder, scikit_learn="1.2.1"), "trained with scikit-learn 1.2, and this is 1.9"),
        (lambda folder: description(folder, features=["shoe_size"]), "the feature shoe_size, which this release lacks"),
        (foreign, "holds types that no model of ours has"),
    ],
    ids=["changed", "missing", "no JSON", "other model", "other version", "unknown feature", "foreign types"],
)
def test_a_model_file_that_is_not_ours_is_refused_before_it_is_read(folder, damage, message):
    damage(folder)
    with pytest.raises(RefusalError, match=message):
        load_model(folder)
