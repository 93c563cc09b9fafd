"""Is an approved model still good: drift of what it scored last, and for churn its ranking where outcomes are known by now."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from glue_jobs.lib.lake.score_files import CHECKS, FILE, LARGE_DRIFT, MIN_OUTCOMES
from offline.lake.local_lake import LocalLake
from offline.models.feature_tables import FeatureTables
from offline.models.jobs import known_model, read_scores, registry, score_files
from offline.models.registry import Version

# The usual reading of the population stability index, up to LARGE_DRIFT.
NOTICEABLE = 0.1


@dataclass(frozen=True)
class Check:
    """One thing that was looked at: what, the figure, and the reason to train again ('' if there is none)."""

    name: str
    figure: str
    reason: str = ""


def check_model(lake: LocalLake, model: str, source: str) -> tuple[Version, list[Check]]:
    """The checks of the newest approved version. ModelError if there is none or it has scored nothing yet."""
    known_model(model)
    version = registry(lake).approved(model, source)
    places = [file.parent for file in score_files(lake, version)]
    checks = list(_drift(places[-1]))
    if model != "churn":
        return version, checks
    description = json.loads((version.folder / "model" / "model.json").read_text(encoding="utf-8"))
    with FeatureTables(lake.folders["curated"], source) as tables:
        for place in places:
            checks += _outcomes(tables, place, int(description["horizon_days"]), _interval(version))
    return version, checks


def _drift(place: Path) -> Iterator[Check]:
    """The features, and the score, that drifted noticeably; the largest if none did."""
    file = place / CHECKS
    found = dict(json.loads(file.read_text(encoding="utf-8"))["drift"]) if file.is_file() else {}
    if not found:
        yield Check(f"drift, {_day(place)}", "too little is new since the training")
    shown = {name: value for name, value in found.items() if value >= NOTICEABLE} or dict(list(found.items())[:1])
    for name, value in shown.items():
        reason = f"{name} has another distribution than in training" if value >= LARGE_DRIFT else ""
        yield Check(f"drift of {name}, {_day(place)}", f"PSI {value:.3f}", reason)


def _outcomes(tables: FeatureTables, place: Path, horizon: int, interval: Mapping[str, float]) -> Iterator[Check]:
    """The ROC AUC of scores whose horizon is over, against the interval on the test data."""
    scores = read_scores(place / FILE)
    known = scores.merge(tables.labels(as_of=_day(place), horizon_days=horizon)[["customer_id", "has_churned"]], on="customer_id")
    churned = int(known["has_churned"].sum())
    if len(known) < MIN_OUTCOMES or churned in (0, len(known)):
        return
    value = roc_auc(known["has_churned"].to_numpy(), known["churn_probability"].to_numpy())
    expected = f"[{interval['low']:.3f}, {interval['high']:.3f}] on test"
    reason = f"it ranks worse than on the test data since {_day(place)}" if value < interval["low"] else ""
    yield Check(f"ROC AUC of {len(known):,} outcomes, {_day(place)}", f"{value:.3f}, {expected}", reason)


def roc_auc(outcome: Any, score: Any) -> float:
    """The share of pairs of one who left and one who stayed in which the former has the higher score; ties count half."""
    ranks = pd.Series(score).rank().to_numpy()
    left, stayed = int(np.sum(outcome)), int(np.sum(~outcome))
    return float((ranks[outcome].sum() - left * (left + 1) / 2) / (left * stayed))


def _interval(version: Version) -> Mapping[str, float]:
    facts = version.metrics
    return dict(facts["metrics"][facts["chosen"]]["roc_auc"])


def _day(place: Path) -> date:
    return date.fromisoformat(place.parent.name.removeprefix("as_of="))
