"""The churn model as it is kept in a folder, and read again after its checks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from model_lib import artifacts
from model_lib.environment import RefusalError

from churn.features import BY_NAME
from churn.models import Candidate

MODEL = "churn"


@dataclass(frozen=True)
class ChurnModel:
    """A fitted model, the horizon it was trained for, and what later customers are compared with.

    `typical` values are for reasons, and the `reference` of features and probability for drift. `least_roc_auc` is the lower end
    of the interval on the test data; models of earlier releases have none.
    """

    candidate: Candidate
    horizon_days: int
    typical: dict[str, float]
    reference: Mapping[str, Any]
    least_roc_auc: float | None = None


def save_model(folder: Path, model: ChurnModel, facts: Mapping[str, Any]) -> None:
    """Writes the model with further `facts` about its training."""
    description = {
        "name": model.candidate.name,
        "features": list(model.candidate.features),
        "settings": model.candidate.settings,
        "shift": model.candidate.shift,
        "horizon_days": model.horizon_days,
        "typical": model.typical,
        "reference": model.reference,
        "least_roc_auc": model.least_roc_auc,
    }
    artifacts.save(folder, model=MODEL, description={**facts, **description}, estimator=model.candidate.classifier)


def load_model(folder: Path) -> ChurnModel:
    """RefusalError as `artifacts.load`, and for features that this release does not compute."""
    artifact = artifacts.load(folder, model=MODEL)
    about = artifact.description
    unknown = [name for name in about["features"] if name not in BY_NAME]
    if unknown:
        raise RefusalError(f"{folder}: the model needs the feature {unknown[0]}, which this release lacks; train again.")
    candidate = Candidate(
        about["name"], tuple(about["features"]), artifact.estimator, dict(about["settings"]), shift=float(about["shift"])
    )
    typical, known = dict(about["typical"]), dict(about["reference"])
    return ChurnModel(candidate, int(about["horizon_days"]), typical, known, about.get("least_roc_auc"))
