"""The four functions of SageMaker's inference toolkit: rows of a table of features in, scores and reasons out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
from model_lib.serving import answer_of, checked_rows, parsed_rows

from anomaly.grains import GRAINS
from anomaly.model_file import AnomalyModel, load_model
from anomaly.score import scored


def model_fn(model_dir: str) -> AnomalyModel:
    """The model of a folder; RefusalError if it must not be used."""
    return load_model(Path(model_dir))


def input_fn(input_data: str | bytes, content_type: str) -> pd.DataFrame:
    """Rows. RequestError if they cannot be read; only the model knows which columns they must have."""
    return parsed_rows(input_data, content_type, texts=[grain.key for grain in GRAINS.values()])


def predict_fn(input_object: pd.DataFrame, model: AnomalyModel) -> pd.DataFrame:
    """ID, score, whether it is an alert, and reasons, in the order of the input; an ID may come twice.

    RequestError if a column of the model's table of features is missing or wrong.
    """
    grain = model.detectors.grain
    rows = checked_rows(input_object, key=grain.key, numbers=grain.numbers, table=grain.table)
    places = pd.RangeIndex(len(rows))
    unknown = {grain.owner: None, grain.time: None, grain.key: places}
    scores = scored(model, rows.assign(**unknown)).sort_values(grain.key)
    return pd.DataFrame(
        {
            grain.key: rows[grain.key].to_numpy(),
            "anomaly_score": scores["anomaly_score"].to_numpy(),
            "is_alert": scores["is_alert"].to_numpy(),
            "reasons": ["; ".join(own) for own in scores["reasons"]],
        }
    )


def output_fn(prediction: pd.DataFrame, accept: str) -> Any:
    """The answer in the type that the request accepts."""
    return answer_of(prediction, accept)
