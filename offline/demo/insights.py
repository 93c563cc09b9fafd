"""What the analyses find in the demo shop: segments, product pairs, predicted value, recommendations, stock."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.console import Console

from offline.athena import LakeQueries
from offline.console import render
from offline.demo.findings import TOP, heading
from offline.report.rendering.formatting import percent


def show_insights(console: Console, lake: LakeQueries, source: str) -> None:
    """Customer segments and product pairs as tables, then one sentence per further analysis."""
    _segments(console, lake.view("segment_overview", source=source, order_by=("segment",)))
    _pairs(console, lake.view("product_pairs", source=source, kind="purchase", order_by=("pair_rank",), limit=TOP))
    heading(console, "Customers and stock")
    sentences = [
        *_champions(lake.view("rfm_segments", source=source)),
        *_predicted(lake.view("value_deciles", source=source, order_by=("decile",))),
        *_recommended(lake.view("recommender_quality", source=source, is_published=True)),
        *_stock(lake.view_row("stock_totals", source=source)),
    ]
    for sentence in sentences:
        console.print(sentence, soft_wrap=True)


def _segments(console: Console, segments: Sequence[dict[str, Any]]) -> None:
    if not segments:
        return
    heading(console, "Customer segments (k-means), named by what distinguishes them")
    lines = [
        (
            row["segment_name"],
            row["customers"],
            f"{row['customer_share']:.1%}",
            f"{row['net_amount_share']:.1%}",
            f"{row['orders_per_customer']:.1f}",
            render.money(row["net_amount_per_customer"]),
        )
        for row in segments
    ]
    columns = ("segment", "customers", "of all", "of net", "orders each", "net each")
    console.print(render.table(columns, lines, right=range(1, 6)))
    console.print(f"[dim]Stability over resamples: adjusted Rand index {segments[0]['stability']:.2f}.")


def _pairs(console: Console, pairs: Sequence[dict[str, Any]]) -> None:
    if not pairs:
        return
    heading(console, "Frequently bought together")
    lines = [
        (row["product"], row["other_product"], row["pair_baskets"], f"{row['confidence']:.0%}", f"× {row['lift']:.0f}")
        for row in pairs
    ]
    console.print(render.table(("product", "with", "orders", "of its orders", "lift"), lines, right=(2, 3, 4)))


def _champions(segments: Sequence[dict[str, Any]]) -> list[str]:
    if not sum(row["net_amount"] for row in segments):
        return []
    by_name = {row["segment"]: row for row in segments}
    customers = sum(row["customers"] for row in segments)
    champions, lost = by_name.get("Champions"), by_name.get("Can't Lose")
    share, revenue = (champions["customer_share"], champions["net_amount_share"]) if champions else (0.0, 0.0)
    best = f"{percent(share)} of {customers:,} customers are Champions and bring {percent(revenue)} of net revenue"
    return [f"{best}; {lost['customers'] if lost else 0:,} used to spend much but have not bought for long (Can't Lose)."]


def _predicted(deciles: Sequence[dict[str, Any]]) -> list[str]:
    total = sum(row["predicted_value_90"] for row in deciles)
    if not total:
        return []
    customers = sum(row["customers"] for row in deciles)
    best = float(deciles[0]["predicted_value_90"] / total)
    first = deciles[0]
    predicted = f"{customers:,} customers are predicted to bring {render.money(total)} in {first['horizon_days']} days"
    off = "" if first["bias"] is None else f"; in the backtest such totals were off by {first['bias']:+.0%}"
    return [f"{predicted}, {best:.0%} of it from the best tenth ({first['method']}{off})."]


def _recommended(published: Sequence[dict[str, Any]]) -> list[str]:
    return [
        f"Recommendations come from {row['model']}: NDCG@10 {row['ndcg_10']:.2f} over {row['sample_size']:,} held-back users"
        + (
            f", {row['improvement']:+.2f} ({row['improvement_ci_low']:+.2f} to {row['improvement_ci_high']:+.2f}) against "
            f"{row['baseline']} for the same users."
            if row["improvement_ci_low"] is not None
            else "."
        )
        for row in published
    ]


def _stock(totals: dict[str, Any] | None) -> list[str]:
    if not (totals and totals["products_with_stock"]):
        return []
    return [
        f"Of {totals['products_with_stock']:,} products with known stock, {totals['urgent_products']:,} sell well and must be "
        "reordered now" + (f"; {totals['dead_products']:,} had no sale for over 90 days." if totals["dead_products"] else ".")
    ]
