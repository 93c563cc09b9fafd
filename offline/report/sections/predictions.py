"""Sections about predictions: customer value, recommendations, and products that are bought together."""

from __future__ import annotations

from typing import Any

from offline.report.rendering import charts
from offline.report.rendering.formatting import percent, plain
from offline.report.rendering.page import Figure
from offline.report.sections.base import ReportSource, Section

TOP_PAIRS = 12
METHODS = {
    "bg_nbd_gamma_gamma": "by BG/NBD and Gamma-Gamma",
    "own_rate": "each customer goes on at their own rate so far",
    "naive_previous_period": "each customer does as in the days before",
    "constant_mean": "the mean of all customers",
    "zero": "nobody is predicted to return",
}

RECOMMENDERS = {
    "als": "what similar users like",
    "popularity": "bestsellers for everybody",
    "recent": "what the user looked at last",
    "co_view": "what was viewed together",
    "co_purchase": "what was bought together",
}


def predicted_value(source: ReportSource) -> Section | None:
    """The predicted value of each tenth of the customers in the next 90 days."""
    rows = source.view("value_deciles", order_by=("decile",))
    if not rows:
        return None
    figure, (ax,) = charts.figure(len(rows) + 2)
    values = [float(row["predicted_value_90"]) for row in rows]
    charts.bars(ax, ["best tenth", *[f"tenth {row['decile']}" for row in rows[1:]]], values, source.money)
    total = sum(values)
    first = rows[0]
    # A picture is sent without the page around it.
    caption = f"for the {first['horizon_days']} days after {first['as_of']:%-d %B %Y}"
    ax.set_title(
        charts.wrap(f"{caption}{_bias(first, '; such predictions were {}')}", 44), fontsize=10, color=charts.SOFT, loc="left"
    )
    best = percent(values[0] / total if total else None)
    note = (
        f"Predicted for the {first['horizon_days']} days after {first['as_of']:%-d %B %Y}. "
        f"The best tenth of the customers is predicted to bring {best} of the total."
    )
    note += _bias(first, " Such predictions of the last half year were {} in total.")
    method = f"Method: {METHODS[first['method']]}."
    table = [
        (
            row["decile"],
            row["customers"],
            Figure(source.amount(row["predicted_value_90"])),
            Figure(plain(row["mean_purchases_90"])),
            percent(row["mean_probability_alive"]),
        )
        for row in rows
    ]
    columns = ("tenth", "customers", "predicted, 90 days", "purchases per customer", "still a customer")
    return Section(note, figure, columns, table, method=method)


def _bias(row: dict[str, Any], sentence: str) -> str:
    """The sentence with how far such predictions were off; empty where nobody knows."""
    bias = row["bias"]
    return sentence.format(f"{percent(abs(bias))} too {'low' if bias < 0 else 'high'}") if bias is not None else ""


def recommenders(source: ReportSource) -> Section | None:
    """How well each recommendation method predicts what users turn to next, on held-back data."""
    rows = source.view("recommender_quality", order_by=("ndcg_10 desc", "model"))
    if not rows:
        return None
    figure, (ax,) = charts.figure(1.3 * len(rows) + 1)
    names, scores = [RECOMMENDERS.get(row["model"], row["model"]) for row in rows], [row["ndcg_10"] for row in rows]
    charts.bars(ax, names, scores, lambda value: f"{value:.3f}", room=32)
    ax.set_xlim(0, 1.2 * max([row["ndcg_10_ci_high"] or row["ndcg_10"] for row in rows]) or 1)
    for position, row in enumerate(rows):
        if row["ndcg_10_ci_low"] is not None:
            ax.plot([row["ndcg_10_ci_low"], row["ndcg_10_ci_high"]], [position + 0.28] * 2, color=charts.ORANGE, linewidth=2)
    published = next((row for row in rows if row["is_published"]), None)
    note = (
        f"How well ten recommendations name what {rows[0]['sample_size']:,} users turned to later, from 0 (never) to 1 "
        "(always, the best first). Lines show how sure that is."
    )
    if published:
        note += f" Users get: {RECOMMENDERS.get(published['model'], published['model'])}."
    method = "The score is NDCG@10 on held-back data, with 95 % intervals; the method was chosen on earlier data."
    if published and published["improvement_ci_low"] is not None:
        gain, low, high = (f"{published[name]:.3f}" for name in ("improvement", "improvement_ci_low", "improvement_ci_high"))
        method += f" For the same users it is {gain} ({low} to {high}) above {published['baseline']}."
    table = [
        (
            name,
            row["model"].replace("_", "-"),
            Figure(f"{row['ndcg_10']:.4f}"),
            Figure(percent(row["hit_rate_10"])),
            Figure(percent(row["coverage"])),
        )
        for name, row in zip(names, rows, strict=True)
    ]
    return Section(note, figure, ("recommended", "method", "NDCG@10", "hit in top 10", "catalog coverage"), table, method=method)


def bought_together(source: ReportSource) -> Section | None:
    """The pairs of products that chance explains least: from orders, or from sessions where there are no orders."""
    rows = source.view("product_pairs", order_by=("kind", "pair_rank"), limit=TOP_PAIRS)
    if not rows:
        return None
    kind = rows[0]["kind"]
    rows = [row for row in rows if row["kind"] == kind]
    figure, (ax,) = charts.figure(1.7 * len(rows) + 1)
    names = [(row["product"], f"+ {row['other_product']}") for row in rows]
    charts.bars(ax, names, [row["pair_baskets"] for row in rows], plain, room=34)
    baskets = "orders" if kind == "purchase" else "sessions"
    note = f"{baskets.capitalize()} with both products. Listed are the pairs least likely due to chance, the clearest first."
    table = [
        (row["product"], row["other_product"], row["pair_baskets"], Figure(percent(row["confidence"])), _lift(row))
        for row in rows
    ]
    columns = ("product", "with", baskets, f"of the product's {baskets}", "lift")
    method = "Ordered by log-likelihood ratio (Dunning 1993). The lift is how often against chance."
    return Section(note, figure, columns, table, method=method)


def _lift(row: dict[str, Any]) -> Figure:
    return Figure(f"{row['lift']:.1f}")
