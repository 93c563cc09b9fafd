"""Models in the demo: trained on the generated shop, approved for the demo, and the two lists that people act on."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from rich.console import Console

from contracts.errors import ModelError
from offline.athena import LakeQueries, open_lake
from offline.console import render
from offline.console.progress import ProgressDisplay
from offline.console.streams import err, working
from offline.demo.findings import TOP, heading
from offline.lake.jobs import RunOptions, RunReport, run_analyses
from offline.lake.local_lake import LocalLake
from offline.models.nightly import Night, score_night
from offline.report.rendering.formatting import percent

MODELS = ("churn", "anomaly")
REASON = "approved for the demo"


def scores_of_new_models(lake: LocalLake, source: str) -> Night:
    """Trains and approves what has no approved version yet, then scores; also says what was decided about each model."""
    with ThreadPoolExecutor(len(MODELS)) as pool:
        decided = list(pool.map(lambda model: _trained(lake, model, source), MODELS))
    night = score_night(lake, {source: False})
    night.sentences[:0] = decided
    return night


def show_models(console: Console, lake: LocalLake, source: str, scoring: Future[Night]) -> RunReport:
    """Waits for the scores, loads them, and lists customers at risk and unusual orders."""
    heading(console, "Models: who is likely to leave, and which orders are unusual")
    with working("training churn and anomaly, and scoring with them"):
        night = scoring.result()
    for sentence in night.sentences:
        console.print(sentence, markup=False, soft_wrap=True)
    with ProgressDisplay(err()) as progress:
        report = run_analyses(lake, ["scores"], RunOptions(source=source), progress)
    report.errors += night.errors
    with open_lake(lake.folders) as queries:
        _lists(console, queries, source)
    return report


def _trained(lake: LocalLake, model: str, source: str) -> str:
    """What was trained and decided, or why nothing was."""
    from offline.models.jobs import registry, train  # noqa: PLC0415
    from offline.models.registry import APPROVED  # noqa: PLC0415

    ready = [one.name for one in registry(lake).newest_approved() if one.name.startswith(f"{model}/{source}/")]
    if ready:
        return f"{ready[0]}: trained and approved before."
    try:
        version = train(lake, model, source, as_of=None, hyperparameters={})
    except ModelError as refusal:
        return f"{model}: not trained. {refusal}"
    registry(lake).decide(version.name, APPROVED, REASON)
    return f"{version.name}: {version.metrics['decision']} It is {REASON}; elsewhere a person approves it."


def _lists(console: Console, lake: LakeQueries, source: str) -> None:
    leaving = lake.report("valuable_customers_likely_to_leave", source=source, order_by=("value_rank",), limit=TOP)
    if leaving:
        heading(console, "Valuable customers likely to leave")
        console.print(
            render.table(("customer", "to leave", "net", "segment", "because"), [_customer(row) for row in leaving], right=(1, 2))
        )
    unusual = lake.view("unusual_orders", source=source, order_by=("unusual_rank",), limit=TOP)
    if unusual:
        heading(console, "Unusual orders to review")
        console.print(render.table(("order", "customer", "amount", "because"), [_order(row) for row in unusual], right=(2,)))


def _customer(row: dict[str, Any]) -> Sequence[Any]:
    return (
        row["customer_id"],
        percent(row["churn_probability"]),
        render.money(row["net_amount"]),
        row["rfm_segment"],
        _first(row["reasons"], ending="raises the risk"),
    )


def _order(row: dict[str, Any]) -> Sequence[Any]:
    return (row["order_id"], row["customer_id"] or "unknown", render.money(row["order_amount"]), _first(row["reasons"]))


def _first(reasons: str, *, ending: str = "") -> str:
    """The strongest reason; of a list for and against, the strongest that ends like this."""
    sentences = reasons.split("; ")
    return next((sentence for sentence in sentences if sentence.endswith(ending)), sentences[0])
