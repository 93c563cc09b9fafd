"""The four functions of SageMaker's inference toolkit: rows of customer_features in, probabilities and reasons out."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from churn.features import COLUMNS
from churn.model_file import ChurnModel, load_model
from churn.reasons import reasons

CSV, JSON = "text/csv", "application/json"


def model_fn(model_dir: str) -> ChurnModel:
    """The model of a folder; RefusalError if it must not be used."""
    return load_model(Path(model_dir))


def input_fn(input_data: str | bytes, content_type: str) -> pd.DataFrame:
    """Rows of customer_features from CSV with a header, or from a JSON array of objects. ValueError in a sentence."""
    text = input_data.decode("utf-8") if isinstance(input_data, bytes) else input_data
    if content_type.split(";", maxsplit=1)[0].strip() == CSV:
        rows = pd.read_csv(io.StringIO(text), dtype={"customer_id": "string"})
    elif content_type.split(";", maxsplit=1)[0].strip() == JSON:
        rows = pd.DataFrame(json.loads(text))
    else:
        raise ValueError(f"content type {content_type}: expected {CSV} or {JSON}.")
    missing = [name for name in ("customer_id", *COLUMNS) if name not in rows.columns]
    if missing:
        raise ValueError(f"the column {missing[0]} is missing; send the columns of customer_features.")
    rows[list(COLUMNS)] = rows[list(COLUMNS)].astype("float64")
    if rows.empty or np.isinf(rows[list(COLUMNS)].to_numpy()).any():
        raise ValueError("there are no rows, or a number is infinite; send finite numbers, and null where nothing is known.")
    return rows


def predict_fn(input_object: pd.DataFrame, model: ChurnModel) -> pd.DataFrame:
    """Customer, probability and reasons, in the order of the input."""
    probability = np.round(model.candidate.probability(input_object), 6)
    why = ["; ".join(own) for own in reasons(model.candidate, input_object, model.typical)]
    return pd.DataFrame({"customer_id": input_object["customer_id"], "churn_probability": probability, "reasons": why})


def output_fn(prediction: pd.DataFrame, accept: str) -> Any:
    """CSV without a header, or a JSON array of objects. ValueError for another type."""
    if accept.split(";", maxsplit=1)[0].strip() == CSV:
        return prediction.to_csv(index=False, header=False)
    if accept.split(";", maxsplit=1)[0].strip() in (JSON, "*/*"):
        return prediction.to_json(orient="records")
    raise ValueError(f"accept {accept}: expected {CSV} or {JSON}.")
