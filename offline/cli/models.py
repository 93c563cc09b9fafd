"""shoplake train, models, score, explain and feedback"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from contracts.errors import ModelError, UsageError
from offline.console import render
from offline.console.streams import out, print_message, working

if TYPE_CHECKING:
    from offline.models.registry import Version

Model = Annotated[str, typer.Argument(metavar="MODEL", help="churn, anomaly (orders), session_anomaly or customer_anomaly.")]
Source = Annotated[str, typer.Option(help="Source that it is about.")]
AsOf = Annotated[
    datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Ignore everything after this day (default: the last sale).")
]
VersionName = Annotated[str, typer.Argument(metavar="VERSION", help="Such as churn/shop/1.")]
Reason = Annotated[str, typer.Option(help="Why; kept with the version.")]
SHOWN = 10
# The columns of a score that are shown; the first one identifies it.
COLUMNS = {
    "churn": ("customer_id", "as_of", "churn_probability", "decile"),
    "anomaly": ("order_id", "customer_id", "rank", "anomaly_score", "is_alert"),
    "session_anomaly": ("session_id", "customer_id", "rank", "anomaly_score", "is_alert"),
    "customer_anomaly": ("customer_id", "rank", "anomaly_score", "is_alert"),
}

# Training this model trains those of the other grains, too.
ALL_GRAINS = "anomaly"

models = typer.Typer(invoke_without_command=True, no_args_is_help=False, help="List, show, approve and reject trained models.")


def train(
    ctx: typer.Context,
    model: Model,
    *,
    source: Source,
    as_of: AsOf = None,
    settings: Annotated[
        list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="Set a hyperparameter; may be repeated.")
    ] = None,
) -> None:
    """Train a model, evaluate it on later data and register it for approval (docs/models.md).

    `anomaly` trains all three grains: orders, sessions and customers, as far as the source has data for them.
    """
    from offline.models.jobs import train as run  # noqa: PLC0415 - pandas is slow to import

    hyperparameters = dict(_setting(text) for text in settings or ())
    refusals: list[ModelError] = []
    trained = [one for one in COLUMNS if one.endswith(ALL_GRAINS)] if model == ALL_GRAINS else [model]
    for one in trained:
        try:
            with working(f"training {one}"):
                version = run(ctx.obj, one, source, as_of=_day(as_of), hyperparameters=hyperparameters)
        except ModelError as refusal:
            refusals.append(refusal)
            print_message(f"{one}: not trained. {refusal}")
            continue
        _show_summary(version)
        print_message(f"Registered as {version.name}; approve it with `shoplake models approve {version.name}`.")
    if len(refusals) == len(trained):
        raise refusals[0]


@models.callback()
def models_command(ctx: typer.Context) -> None:
    """List all versions unless a subcommand follows."""
    if ctx.invoked_subcommand:
        return
    from offline.models.jobs import registry  # noqa: PLC0415

    rows = [
        (one.name, one.status, one.record["data_as_of"], one.metrics["chosen"], _quality(one.metrics), one.record["reason"])
        for one in registry(ctx.obj).versions()
    ]
    if rows:
        out().print(render.table(("version", "status", "data as of", "model", "on test data", "reason"), rows))
    else:
        print_message("No model is trained yet; run `shoplake train churn --source SOURCE`.")


@models.command()
def show(ctx: typer.Context, version: VersionName) -> None:
    """Show the model card of a version: data, metrics against baselines, drivers and limits."""
    from offline.models.jobs import registry  # noqa: PLC0415

    out().print(registry(ctx.obj).version(version).card, markup=False, soft_wrap=True)


@models.command()
def approve(ctx: typer.Context, version: VersionName, *, reason: Reason = "") -> None:
    """Approve a version: from now on it is the one that scores."""
    from offline.models.registry import APPROVED  # noqa: PLC0415

    _decide(ctx, version, APPROVED, reason)


@models.command()
def reject(ctx: typer.Context, version: VersionName, *, reason: Reason) -> None:
    """Reject a version: it is never used, and its scores are deleted."""
    from offline.models.jobs import registry, withdraw_scores  # noqa: PLC0415
    from offline.models.registry import REJECTED  # noqa: PLC0415

    _decide(ctx, version, REJECTED, reason)
    if withdraw_scores(ctx.obj, registry(ctx.obj).version(version)):
        source = version.split("/")[1]
        print_message(f"Its scores are deleted; `shoplake analyze scores --source {source}` removes them from the tables.")


@models.command()
def check(ctx: typer.Context, model: Model = "churn", *, source: Source) -> None:
    """Check an approved model: drift, and churn's ranking where outcomes are known. Exit code 10 says: train again."""
    from offline.models.monitoring import check_model  # noqa: PLC0415

    version, checks = check_model(ctx.obj, model, source)
    out().print(
        render.table((version.name, "figure", "train again because"), [(one.name, one.figure, one.reason) for one in checks])
    )
    reasons = [one.reason for one in checks if one.reason]
    if reasons:
        raise ModelError(f"{version.name}: {'; '.join(reasons)}. Train again with `shoplake train {model} --source {source}`.")


def score(ctx: typer.Context, model: Model, *, source: Source, as_of: AsOf = None) -> None:
    """Score customers, orders or sessions with the newest approved version, and show the first ones."""
    from offline.models.jobs import score as run  # noqa: PLC0415

    with working(f"scoring with {model}"):
        version, scores = run(ctx.obj, model, source, as_of=_day(as_of))
    columns = COLUMNS[model]
    rows = [
        [*(_shown(row[name]) for name in columns), "; ".join(row["reasons"])] for row in scores.head(SHOWN).to_dict("records")
    ]
    out().print(render.table((*columns, "reasons"), rows))
    alerts = f", {int(scores['is_alert'].sum()):,} of them unusual enough to review" if "is_alert" in scores else ""
    print_message(f"{len(scores):,} rows scored by {version.name}{alerts}.")


def explain(
    ctx: typer.Context,
    model: Model,
    key: Annotated[str, typer.Argument(metavar="ID", help="ID of the customer, the order or the session.")],
    *,
    source: Source,
) -> None:
    """Show the score of a customer or an order, and the reasons for it."""
    from offline.models.jobs import latest_scores  # noqa: PLC0415

    version, scores = latest_scores(ctx.obj, model, source)
    columns = COLUMNS[model]
    rows = scores[scores[columns[0]] == key].to_dict("records")
    if not rows:
        raise UsageError(f"{key}: {version.name} has no such score; see `shoplake score {model} --source {source}`.")
    pairs = [(name, _shown(rows[0][name])) for name in columns]
    reasons = "; ".join(rows[0]["reasons"]) or "nothing unusual"
    out().print(render.facts([("model", version.name), *pairs, ("reasons", reasons)]))


def feedback(
    ctx: typer.Context,
    file: Annotated[
        Path,
        typer.Argument(metavar="FILE", help="CSV file with label (confirmed or false) and order_id, session_id or customer_id."),
    ],
    *,
    source: Source,
) -> None:
    """Keep reviewed alerts; the next scoring ranks by what they teach."""
    from offline.models.jobs import add_feedback  # noqa: PLC0415

    _, kept = add_feedback(ctx.obj, source, file)
    confirmed, what = int(kept["confirmed"].sum()), kept.columns[0].removesuffix("_id")
    print_message(f"{len(kept)} reviewed {what}s of {source} are kept: {confirmed} confirmed, {len(kept) - confirmed} false.")


def _decide(ctx: typer.Context, version: str, status: str, reason: str) -> None:
    from offline.models.jobs import registry  # noqa: PLC0415

    print_message(f"{registry(ctx.obj).decide(version, status, reason).name}: {status}.")


def _show_summary(version: Version) -> None:
    facts = version.metrics
    out().print(
        render.table(("model", "on test data"), [(one, _quality({**facts, "chosen": one})) for one in _by_quality(facts)])
    )
    print_message(facts["decision"])


def _by_quality(facts: Mapping[str, Any]) -> list[str]:
    """The names of the models, the best first."""

    def quality(name: str) -> float:
        own = facts["metrics"][name]
        return float(own["recall"]["all"] if "recall" in own else own["roc_auc"]["value"])

    return sorted(facts["metrics"], key=quality, reverse=True)


def _quality(facts: Mapping[str, Any]) -> str:
    """ROC AUC with its interval, or the recall of injected frauds."""
    own = facts["metrics"][facts["chosen"]]
    if "recall" in own:
        return f"recall {own['recall']['all']:.2f} within the alert budget, PR AUC {own['pr_auc']:.2f}"
    return f"ROC AUC {_estimate(own['roc_auc'])}"


def _shown(value: Any) -> str:
    return f"{value:.3f}" if isinstance(value, float) else "" if value is None else str(value)


def _estimate(value: dict[str, float]) -> str:
    return f"{value['value']:.3f} [{value['low']:.3f}, {value['high']:.3f}]"


def _day(moment: datetime | None) -> date | None:
    return moment.date() if moment else None


def _setting(text: str) -> tuple[str, Any]:
    name, equals, value = text.partition("=")
    if not (name and equals):
        raise UsageError(f"--set {text}: expected NAME=VALUE, for example --set seed=1.")
    try:
        return name, json.loads(value)
    except ValueError:
        return name, value
