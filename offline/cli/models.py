"""shoplake train, models, score and explain"""

from __future__ import annotations

import json
from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from contracts.errors import UsageError
from offline.console import render
from offline.console.streams import out, print_message, working

if TYPE_CHECKING:
    from offline.models.registry import Version

Model = Annotated[str, typer.Argument(metavar="MODEL", help="churn.")]
Source = Annotated[str, typer.Option(help="Source whose customers it is about.")]
AsOf = Annotated[
    datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Ignore everything after this day (default: the last sale).")
]
VersionName = Annotated[str, typer.Argument(metavar="VERSION", help="Such as churn/shop/1.")]
Reason = Annotated[str, typer.Option(help="Why; kept with the version.")]
SHOWN = 10

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
    """Train a model, evaluate it on later data and register it for approval (docs/models.md)."""
    from offline.models.jobs import train as run  # noqa: PLC0415 - pandas is slow to import

    hyperparameters = dict(_setting(text) for text in settings or ())
    with working(f"training {model}"):
        version = run(ctx.obj, model, source, as_of=_day(as_of), hyperparameters=hyperparameters)
    _show_summary(version)
    print_message(f"Registered as {version.name}; approve it with `shoplake models approve {version.name}`.")


@models.callback()
def models_command(ctx: typer.Context) -> None:
    """List all versions unless a subcommand follows."""
    if ctx.invoked_subcommand:
        return
    from offline.models.jobs import registry  # noqa: PLC0415

    rows = [
        (one.name, one.status, one.record["data_as_of"], one.metrics["chosen"], _chosen_auc(one), one.record["reason"])
        for one in registry(ctx.obj).versions()
    ]
    if rows:
        out().print(render.table(("version", "status", "data as of", "model", "ROC AUC", "reason"), rows))
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
    """Reject a version: it is never used."""
    from offline.models.registry import REJECTED  # noqa: PLC0415

    _decide(ctx, version, REJECTED, reason)


def score(ctx: typer.Context, model: Model, *, source: Source, as_of: AsOf = None) -> None:
    """Score customers with the newest approved version, and show those at the highest risk."""
    from offline.models.jobs import score as run  # noqa: PLC0415

    with working(f"scoring with {model}"):
        version, scores = run(ctx.obj, model, source, as_of=_day(as_of))
    top = [
        (row.customer_id, f"{row.churn_probability:.3f}", row.decile, "; ".join(row.reasons))
        for row in scores.head(SHOWN).itertuples()
    ]
    out().print(render.table(("customer", "churn probability", "decile", "reasons"), top, right=(1, 2)))
    print_message(f"{len(scores):,} customers scored as of {scores['as_of'].iloc[0]} by {version.name}.")


def explain(
    ctx: typer.Context,
    model: Model,
    key: Annotated[str, typer.Argument(metavar="CUSTOMER", help="ID of the customer.")],
    *,
    source: Source,
) -> None:
    """Show a customer's score and the reasons for it."""
    from offline.models.jobs import latest_scores  # noqa: PLC0415

    version, scores = latest_scores(ctx.obj, model, source)
    rows = scores[scores["customer_id"] == key]
    if rows.empty:
        raise UsageError(f"{key}: {version.name} has no score for this customer; see `shoplake score {model} --source {source}`.")
    row = rows.iloc[0]
    pairs = [("customer", key), ("as of", str(row["as_of"])), ("model", version.name)]
    pairs += [("churn probability", f"{row['churn_probability']:.3f}"), ("decile", str(row["decile"]))]
    out().print(render.facts([*pairs, ("reasons", "\n".join(row["reasons"]) or "close to a typical customer in every way")]))


def _decide(ctx: typer.Context, version: str, status: str, reason: str) -> None:
    from offline.models.jobs import registry  # noqa: PLC0415

    print_message(f"{registry(ctx.obj).decide(version, status, reason).name}: {status}.")


def _show_summary(version: Version) -> None:
    facts = version.metrics
    rows = [
        (name, *(_estimate(own[metric]) for metric in ("roc_auc", "pr_auc", "brier")))
        for name, own in sorted(facts["metrics"].items(), key=lambda item: -float(item[1]["roc_auc"]["value"]))
    ]
    out().print(render.table(("model", "ROC AUC", "PR AUC", "Brier"), rows))
    print_message(facts["decision"])


def _chosen_auc(version: Version) -> str:
    return _estimate(version.metrics["metrics"][version.metrics["chosen"]]["roc_auc"])


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
