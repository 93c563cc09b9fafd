"""The quality of a trained churn model: its ROC AUC on later customers, from the saved predictions, by scikit-learn."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
from model_lib.evaluate import refuse_difference
from sklearn.metrics import roc_auc_score


def quality(metrics: Mapping[str, Any], output: Path) -> dict[str, Any]:
    """Name, value and 95 % interval. RefusalError if the predictions do not give the reported value."""
    predictions = pd.read_csv(output / "predictions.csv", dtype={"customer_id": "string"})
    reported = metrics["metrics"][metrics["chosen"]]["roc_auc"]
    value = float(roc_auc_score(predictions["has_churned"], predictions[metrics["chosen"]]))
    refuse_difference("ROC AUC", claimed=reported["value"], computed=value)
    return {"name": "ROC AUC", **reported}
