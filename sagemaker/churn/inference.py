"""The four functions of SageMaker's inference toolkit: rows of customer_features in, probabilities and reasons out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from model_lib.serving import answer_of, rows_of

from churn.features import COLUMNS
from churn.model_file import ChurnModel, load_model
from churn.reasons import reasons


def model_fn(model_dir: str) -> ChurnModel:
    """The model of a folder; RefusalError if it must not be used."""
    return load_model(Path(model_dir))


def input_fn(input_data: str | bytes, content_type: str) -> pd.DataFrame:
    """Rows of customer_features. RequestError if a column is missing or wrong."""
    return rows_of(input_data, content_type, key="customer_id", numbers=COLUMNS, table="customer_features")


def predict_fn(input_object: pd.DataFrame, model: ChurnModel) -> pd.DataFrame:
    """Customer, probability and reasons, in the order of the input."""
    probability = np.round(model.candidate.probability(input_object), 6)
    why = ["; ".join(own) for own in reasons(model, input_object)]
    return pd.DataFrame({"customer_id": input_object["customer_id"], "churn_probability": probability, "reasons": why})


def output_fn(prediction: pd.DataFrame, accept: str) -> Any:
    """The answer in the type that the request accepts."""
    return answer_of(prediction, accept)
