"""The model card of the anomaly models."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from anomaly.grains import GRAINS

LIMITS = (
    "An alert is something unusual, never a proven fraud: a person decides.",
    "The injected frauds are simple pictures of real ones; other kinds may be found worse.",
    "Tuning has seen the injected kinds in an earlier period, with other customers, products and amounts.",
    "The first orders of a new product, and the first orders or sessions of a new person, have little to be compared with.",
)


def card_text(facts: Mapping[str, Any]) -> str:
    """The card as Markdown."""
    return "\n".join(_lines(facts)) + "\n"


def _lines(facts: Mapping[str, Any]) -> Iterator[str]:
    what = GRAINS[facts["grain"]].plural
    yield from (f"# Unusual {what} of {facts['settings']['source'] or 'the training data'}: {facts['chosen']}", "")
    yield from (
        facts["decision"],
        "",
        f"**Use.** Review the most unusual {what} first, within the alert budget.",
        "",
        "## Data",
        "",
    )
    yield f"{facts['rows']:,} {what}; {facts['alerts']:,} alerts at a budget of {facts['settings']['alert_share']:.1%}."
    injected = ", ".join(f"{kind} {count:g}" for kind, count in facts["injected"].items())
    yield f"Tested on the {what} from {facts['test_from']} on with injected frauds (per test world: {injected})."
    kinds = list(next(iter(facts["metrics"].values()))["recall"])
    yield from ("", "## Recall within the alert budget, by kind", "", f"| detector | {' | '.join(kinds)} | PR AUC |")
    yield f"| --- |{' --- |' * (len(kinds) + 1)}"
    for name, own in sorted(facts["metrics"].items(), key=lambda item: -float(item[1]["recall"]["all"])):
        mark = " **(published)**" if name == facts["chosen"] else ""
        cells = " | ".join(f"{own['recall'][kind]:.2f}" for kind in kinds)
        yield f"| {name}{mark} | {cells} | {own['pr_auc']:.3f} |"
    stability, feedback = facts["stability"], facts["feedback"]
    yield from ("", "## Stability and feedback", "")
    yield f"Models of {stability['seeds']} seeds have {stability['alerts_in_common']:.1%} of their alerts in common."
    yield f"After {feedback['reviewed']} alerts of other test worlds were confirmed or dismissed, the recall of the next ones"
    yield f"went from {feedback['recall_before']:.2f} to {feedback['recall_after']:.2f}."
    yield from ("", "## Limits", "", *(f"- {limit}" for limit in LIMITS))
