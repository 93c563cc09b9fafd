"""Why a customer has a high or low probability: how much each group of features moves it away from a typical customer's."""

from __future__ import annotations

import numpy as np
import pandas as pd

from churn.features import BY_NAME, Feature, matrix
from churn.models import Candidate, to_logit

SHOWN = 3
# A smaller change of the logit is not worth a sentence.
LEAST = 0.05


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


def contributions(candidate: Candidate, inputs: pd.DataFrame, typical: dict[str, float]) -> pd.DataFrame:
    """Per group, the logit minus the logit if the group's features were typical: above 0 makes churn more likely."""
    usual = to_logit(candidate.probability_of(inputs))
    changes = {}
    for group, names in groups_of(candidate.features).items():
        replaced = inputs.assign(**{name: typical[name] for name in names if name in typical})
        changes[group] = usual - to_logit(candidate.probability_of(replaced))
    return pd.DataFrame(changes, index=inputs.index)


def reasons(candidate: Candidate, customers: pd.DataFrame, typical: dict[str, float]) -> list[list[str]]:
    """Up to three sentences per customer, the strongest first."""
    changes = contributions(candidate, matrix(customers, candidate.features), typical)
    heads = [BY_NAME[names[0]] for names in groups_of(candidate.features).values()]
    strength = np.abs(changes.to_numpy())
    order = np.argsort(-strength, axis=1, kind="stable")[:, :SHOWN]
    shown = customers[[head.shown for head in heads]].astype("float64").to_numpy()
    change = changes.to_numpy()
    return [
        [
            _sentence(heads[place], shown[row, place], change[row, place], typical)
            for place in places
            if strength[row, place] >= LEAST
        ]
        for row, places in enumerate(order)
    ]


def _sentence(head: Feature, value: float, change: float, typical: dict[str, float]) -> str:
    words = head.words.format(value) if np.isfinite(value) else f"{head.group}: not known"
    effect = "raises" if change > 0 else "lowers"
    usual = typical.get(head.shown)
    comparison = f" (typical: {_form(head).format(usual)})" if usual is not None else ""
    return f"{words}{comparison} {effect} the risk"


def _form(head: Feature) -> str:
    """The placeholder of the words, such as {:.0f}."""
    return head.words[head.words.index("{") : head.words.index("}") + 1]
