"""The four functions of SageMaker's inference toolkit: rows of order_features in, scores and reasons out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
from model_lib.serving import answer_of, rows_of

from anomaly.features import COLUMNS
from anomaly.model_file import AnomalyModel, load_model
from anomaly.score import scored


def model_fn(model_dir: str) -> AnomalyModel:
    """The model of a folder; RefusalError if it must not be used."""
    return load_model(Path(model_dir))


def input_fn(input_data: str | bytes, content_type: str) -> pd.DataFrame:
    """Rows of order_features. RequestError if a column is missing or wrong."""
    return rows_of(input_data, content_type, key="order_id", numbers=COLUMNS, table="order_features")


def predict_fn(input_object: pd.DataFrame, model: AnomalyModel) -> pd.DataFrame:
    """Order, score, whether it is an alert, and reasons, in the order of the input; an order may come twice."""
    places = pd.RangeIndex(len(input_object))
    scores = scored(model, input_object.assign(order_id=places, customer_id=None, ordered_at=None)).sort_values("order_id")
    return pd.DataFrame(
        {
            "order_id": input_object["order_id"].to_numpy(),
            "anomaly_score": scores["anomaly_score"].to_numpy(),
            "is_alert": scores["is_alert"].to_numpy(),
            "reasons": ["; ".join(own) for own in scores["reasons"]],
        }
    )


def output_fn(prediction: pd.DataFrame, accept: str) -> Any:
    """The answer in the type that the request accepts."""
    return answer_of(prediction, accept)
