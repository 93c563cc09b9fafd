"""Why a customer has a high or low probability: how much each group of features moves it away from a typical customer's."""

from __future__ import annotations

import math
import os
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from model_lib.metrics import Floats

from churn.features import BY_NAME, Feature, matrix
from churn.models import AT_ONCE, BOOSTING, Candidate, to_logit
from churn.trees import Trees

if TYPE_CHECKING:
    from churn.model_file import ChurnModel

SHOWN = 3
# At once, each of which takes memory.
MOST_PARTS = 4
# A smaller change of the logit is not worth a sentence.
LEAST = 0.05
# A value nearer to the typical one than this share of the range of 8 in 10 customers is typical itself.
TYPICAL = 0.1


def groups_of(features: tuple[str, ...]) -> dict[str, list[str]]:
    """Feature names by group, in order."""
    groups: dict[str, list[str]] = {}
    for name in features:
        groups.setdefault(BY_NAME[name].group, []).append(name)
    return groups


def typical_values(customers: pd.DataFrame, features: tuple[str, ...]) -> dict[str, float]:
    """Medians of the features and of the columns that reasons show."""
    inputs, shown = matrix(customers, features), [BY_NAME[name].shown for name in features]
    medians = inputs.median().to_dict() | customers[shown].astype("float64").median().to_dict()
    return {name: round(float(value), 9) for name, value in medians.items() if np.isfinite(value)}


def contributions(candidate: Candidate, inputs: pd.DataFrame, typical: dict[str, float], *, of: np.ndarray) -> Floats:
    """Per group, the logit minus the logit if the group's features were typical: above 0 makes churn more likely.

    Only the places that are true in `of` are computed, a row per customer and a column per group; others are 0.
    """
    groups = [[name for name in names if name in typical] for names in groups_of(candidate.features).values()]
    if candidate.name == BOOSTING:
        return _of_trees(Trees.of(candidate.classifier[-1]), inputs, groups, typical, of=of)
    usual = to_logit(candidate.probability_of(inputs))
    changes = np.zeros(of.shape)
    for place, names in enumerate(groups):
        rows = of[:, place]
        if rows.any():
            replaced = inputs[rows].assign(**{name: typical[name] for name in names})
            changes[rows, place] = usual[rows] - to_logit(candidate.probability_of(replaced))
    return changes


def _of_trees(
    trees: Trees, inputs: pd.DataFrame, groups: list[list[str]], typical: dict[str, float], *, of: np.ndarray
) -> Floats:
    """The same for boosted trees: those that do not look at a group do not change."""
    known = np.ascontiguousarray(inputs.to_numpy(dtype=np.float64))
    columns = [inputs.columns.get_indexer(names) for names in groups]
    looking = [trees.using(own.tolist()) for own in columns]
    # Per group the sum of the trees that look at it, for all groups at once.
    usual, changes = trees.sums(looking, known), np.zeros(of.shape)
    for place, chosen in enumerate(looking):
        rows = of[:, place]
        if chosen and rows.any():
            replaced = known[rows]
            replaced[:, columns[place]] = [typical[name] for name in groups[place]]
            changes[rows, place] = usual[rows, place] - trees.sums([chosen], replaced)[:, 0]
    return changes


def reasons(model: ChurnModel, customers: pd.DataFrame) -> list[list[str]]:
    """Up to three sentences per customer, the strongest first.

    A group's sentence is about the feature of it that is farthest from typical; a group of typical values has none.
    """
    parts = [customers.iloc[first : first + AT_ONCE] for first in range(0, len(customers), AT_ONCE)]
    # While one part waits for Python to write its sentences, trees predict the next: they need no interpreter.
    with ThreadPoolExecutor(min(os.cpu_count() or 1, MOST_PARTS)) as threads:
        return [own for part in threads.map(lambda some: _reasons(model, some), parts) for own in part]


def _reasons(model: ChurnModel, customers: pd.DataFrame) -> list[list[str]]:
    candidate, inputs = model.candidate, matrix(customers, model.candidate.features)
    groups = [[BY_NAME[name] for name in names] for names in groups_of(candidate.features).values()]
    own = [_deviations(inputs, group, model) for group in groups]
    farthest = np.column_stack([values.argmax(axis=1) for values in own])
    differs = np.column_stack([values.max(axis=1) >= TYPICAL for values in own])
    change = contributions(candidate, inputs, model.typical, of=differs)
    strength = np.abs(change)
    order = np.argsort(-strength, axis=1, kind="stable")
    columns = {name: customers[name].astype("float64").to_numpy() for name in {one.shown for group in groups for one in group}}
    usual = {one.name: _usual(one, model.typical) for group in groups for one in group}
    result = []
    for row, places in enumerate(order):
        sentences: list[str] = []
        for place in places:
            if strength[row, place] < LEAST or len(sentences) == SHOWN:
                break
            feature = groups[place][farthest[row, place]]
            sentences += _sentence(feature, columns[feature.shown][row], change[row, place], usual[feature.name])
        result.append(sentences)
    return result


def _deviations(inputs: pd.DataFrame, group: list[Feature], model: ChurnModel) -> Floats:
    """How far each feature is from typical, as a share of the range of 8 in 10 customers; 0 where nothing is known."""
    columns = []
    for feature in group:
        edges = model.reference.get(feature.name, {}).get("edges") or [0.0]
        typical = model.typical.get(feature.name, np.nan)
        distance = np.abs(inputs[feature.name].to_numpy(dtype=np.float64) - typical)
        columns.append(np.nan_to_num(distance / (edges[-1] - edges[0] or 1.0)))
    return np.column_stack(columns)


def _sentence(feature: Feature, value: float, change: float, usual: tuple[str, str]) -> list[str]:
    """One sentence; none if the value reads like the typical one."""
    like, comparison = usual
    words = feature.words.format(value) if math.isfinite(value) else f"{feature.group}: not known"
    return [] if words == like else [f"{words}{comparison} {'raises' if change > 0 else 'lowers'} the risk"]


def _usual(feature: Feature, typical: dict[str, float]) -> tuple[str, str]:
    """How the typical value reads, and the comparison with it; both empty if it is not known."""
    if feature.shown not in typical:
        return "", ""
    form = feature.words[feature.words.index("{") : feature.words.index("}") + 1]
    return feature.words.format(typical[feature.shown]), f" (typical: {form.format(typical[feature.shown])})"
