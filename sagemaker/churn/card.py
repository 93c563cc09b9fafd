"""The model card: what the model is, how good it is next to simple rules, and what it must not be used for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd
import scipy
import sklearn

from churn.models import Candidate

USE = "Choose which customers to contact, highest probability first, within the horizon after the snapshot day."
LIMITS = (
    "It knows only what the lake knows: purchases, returns and visits, not why a customer leaves.",
    "It says who will leave anyway, not whom a contact would keep; only a test with a control group shows that.",
    "A season that the training data lacks shifts the probabilities; the ranking holds better than the level.",
    "It must not decide prices, credit or access to service.",
)


def card(facts: Mapping[str, Any], published: Candidate) -> dict[str, Any]:
    """The card as data. It has no date of its own, so that the same data and seed give the same bytes."""
    return {
        **facts,
        "features": list(published.features),
        "use": USE,
        "limits": list(LIMITS),
        "versions": {
            "scikit-learn": sklearn.__version__,
            "numpy": np.__version__,
            "pandas": pd.__version__,
            "scipy": scipy.__version__,
        },
    }


def card_text(described: Mapping[str, Any]) -> str:
    """The card as Markdown."""
    return "\n".join(_lines(described)) + "\n"


def _lines(card: Mapping[str, Any]) -> Iterator[str]:
    source = card["settings"]["source"] or "the training data"
    yield from (f"# Churn model of {source}: {card['chosen']}", "", card["decision"], "")
    yield f"**Label.** A customer has churned without a purchase in the {card['horizon_days']} days after the snapshot day."
    yield from ("", f"**Use.** {card['use']}", "", "## Data", "", "| split | snapshot days | customers | churn rate |")
    yield "| --- | --- | --- | --- |"
    for name, (first, last) in card["splits"].items():
        yield f"| {name} | {first} to {last} | {card['customers'][name]:,} | {card['churn_rate'][name]:.1%} |"
    yield from ("", "## Metrics on test, with 95 % intervals", "", "| model | ROC AUC | PR AUC | Brier | ROC AUC over simple |")
    yield "| --- | --- | --- | --- | --- |"
    for name, own in sorted(card["metrics"].items(), key=lambda item: -float(item[1]["roc_auc"]["value"])):
        cells = (_estimate(own[metric]) for metric in ("roc_auc", "pr_auc", "brier", "roc_auc_difference"))
        yield f"| {name}{' **(registered)**' if name == card['chosen'] else ''} | {' | '.join(cells)} |"
    yield from ("", "## Calibration", "", *_calibration(card["calibration"]), "", "## Lift and gain by decile", "")
    yield from ("| decile | customers | churn rate | lift | churners found so far |", "| --- | --- | --- | --- | --- |")
    for row in card["deciles"]:
        yield f"| {row['decile']} | {row['customers']} | {row['churn_rate']:.1%} | {row['lift']:.2f} | {row['gain']:.1%} |"
    yield from (
        "",
        "## Profit",
        "",
        _profit(card),
        "",
        "## Drivers",
        "",
        "| group | ROC AUC lost when shuffled |",
        "| --- | --- |",
    )
    yield from (f"| {line['group']} | {line['roc_auc_loss']:.4f} |" for line in card["importance"])
    if card["coefficients"]:
        yield from ("", "| feature, standardized | coefficient | 95 % interval |", "| --- | --- | --- |")
        for line in card["coefficients"]:
            yield f"| {line['feature']} | {line['coefficient']:+.3f} | {line['low']:+.3f} to {line['high']:+.3f} |"
        yield from ("", "Features that carry the same information share their effect, so a single sign may be turned.")
    yield from ("", "## Limits", "", *(f"- {limit}" for limit in card["limits"]))


def _estimate(value: Mapping[str, float]) -> str:
    return f"{value['value']:.3f} [{value['low']:.3f}, {value['high']:.3f}]"


def _calibration(facts: Mapping[str, Any]) -> Iterator[str]:
    mean, brier = facts["mean_probability"], facts["brier"]
    yield f"On test {facts['churn_rate']:.1%} left. The model expected {mean['before']:.1%} (Brier {brier['before']:.4f})."
    yield f"Recalibrated on the latest window that was over by then, it would have expected {mean['after']:.1%}"
    yield f"(Brier {brier['after']:.4f})."
    yield f"The published model {'is' if facts['recalibrated'] else 'is not'} recalibrated."


def _profit(card: Mapping[str, Any]) -> str:
    best = max(card["profit"], key=lambda row: float(row["profit"]))
    settings = card["settings"]
    return (
        f"At a cost of {settings['contact_cost']:g} per contact and a value kept of {settings['value_kept']:g} per churner "
        f"reached, contacting {best['share_contacted']:.0%} of the customers earned most: {best['profit']:,.0f}."
    )
