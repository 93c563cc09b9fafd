"""The anomaly model as it is kept in a folder, and read again after its checks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from model_lib import artifacts
from model_lib.environment import RefusalError

from anomaly.detectors import FOREST, FOREST_ON_TAILS, Detectors
from anomaly.grains import GRAINS, ORDER

MODEL = "anomaly"


@dataclass(frozen=True)
class AnomalyModel:
    """The fitted detectors, the published one of them, and its score from which on a row is an alert.

    Rows later than `trained_until` are compared with the `reference` of features and score; models of earlier releases have
    neither.
    """

    name: str
    detectors: Detectors
    threshold: float
    trained_until: str | None = None
    reference: Mapping[str, Any] = field(default_factory=dict)


def save_model(folder: Path, model: AnomalyModel, facts: Mapping[str, Any]) -> None:
    """Writes the model with further `facts` about its training."""
    about = {
        "name": model.name,
        "threshold": model.threshold,
        "trained_until": model.trained_until,
        "reference": model.reference,
        "grain": model.detectors.grain.name,
        "features": [feature.name for feature in model.detectors.grain.features],
        "detectors": model.detectors.to_json(),
    }
    forests = {FOREST: model.detectors.forest, FOREST_ON_TAILS: model.detectors.forest_on_tails}
    artifacts.save(folder, model=MODEL, description={**facts, **about}, estimator=forests)


def load_model(folder: Path) -> AnomalyModel:
    """RefusalError as `artifacts.load`, and for other features than this release computes."""
    artifact = artifacts.load(folder, model=MODEL)
    about = artifact.description
    # Models of earlier releases are of orders.
    grain = GRAINS[about.get("grain", ORDER.name)]
    if about["features"] != [feature.name for feature in grain.features]:
        raise RefusalError(f"{folder}: the model was trained on other features than this release computes; train again.")
    return AnomalyModel(
        about["name"],
        Detectors.from_json(grain, about["detectors"], artifact.estimator),
        float(about["threshold"]),
        about.get("trained_until"),
        about.get("reference", {}),
    )
