"""What the analyses found in the demonstration's shop, asked in Athena's SQL like an analyst would."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.console import Console

from offline.athena import AthenaEngine
from offline.console import render
from offline.demo.findings import heading, percent
from offline.lake.run_history import literal, rows

CHAMPIONS = """
select count(*) as customers, count_if(segment = 'Champions') as champions, sum(monetary_amount) as net,
       sum(case when segment = 'Champions' then monetary_amount end) as theirs, count_if(segment = 'Can''t Lose') as missed
from rfm where source = {source}
"""
STOCK = """
select count(stock) as known, count_if(is_high_demand_low_stock) as urgent, count_if(age_class = 'dead') as dead
from inventory_status where source = {source}
"""
SEGMENTS = """
select segment_name, customers, customer_share, net_amount_share, orders_per_customer, net_amount_per_customer, stability
from segment_profile where source = {source} order by segment
"""
PAIRS = """
select this.product_name as product, other.product_name as other, pair_baskets, confidence, lift
from item_pairs as pair
left join dim_product as this on this.source = pair.source and this.product_id = pair.product_id
left join dim_product as other on other.source = pair.source and other.product_id = pair.other_product_id
where pair.source = {source} and kind = 'purchase' and pair.product_id < other_product_id
order by llr desc, pair.product_id limit 5
"""
JUDGED = """
select model, metric, score, ci_low, ci_high, baseline, baseline_score, sample_size from model_metrics
where source = {source} and job = 'recommend' and split = 'test' and metric = 'ndcg_10' and is_published
"""
VALUE = """
select count(*) as customers, sum(expected_value_90) as expected,
       sum(case when place <= 0.1 then expected_value_90 end) as best
from (select expected_value_90, percent_rank() over (order by expected_value_90 desc) as place
      from customer_value where source = {source} and expected_value_90 is not null)
"""


def show_insights(console: Console, athena: AthenaEngine, source: str) -> None:
    """Who buys, what goes together, what is recommended and how well, what may be expected, what must be ordered."""

    def ask(sql: str) -> list[dict[str, Any]]:
        return rows(athena, sql.format(source=literal(source)))

    _segments(console, ask(SEGMENTS))
    _pairs(console, ask(PAIRS))
    heading(console, "Customers and stock")
    sentences = [*_champions(ask(CHAMPIONS)[0]), *_expected(ask(VALUE)[0]), *_recommended(ask(JUDGED)), *_stock(ask(STOCK)[0])]
    for sentence in sentences:
        console.print(sentence, soft_wrap=True)


def _segments(console: Console, segments: Sequence[dict[str, Any]]) -> None:
    if not segments:
        return
    heading(console, "Segments of customers, found by k-means and named by what distinguishes them")
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
    console.print(f"[dim]Found again in resamples with an adjusted Rand index of {segments[0]['stability']:.2f}.")


def _pairs(console: Console, pairs: Sequence[dict[str, Any]]) -> None:
    if not pairs:
        return
    heading(console, "Bought together, far more often than chance would have it")
    lines = [
        (row["product"], row["other"], row["pair_baskets"], f"{row['confidence']:.0%}", f"× {row['lift']:.0f}") for row in pairs
    ]
    console.print(render.table(("product", "with", "orders", "of its orders", "lift"), lines, right=(2, 3, 4)))


def _champions(scored: dict[str, Any]) -> list[str]:
    if not (scored["customers"] and scored["net"]):
        return []
    share, money = percent(scored["champions"], scored["customers"]), f"{float((scored['theirs'] or 0) / scored['net']):.1%}"
    told = f"{share} of {scored['customers']:,} customers are Champions and bring {money} of net revenue; "
    return [told + f"{scored['missed']:,} who once spent much have not been seen for long (Can't Lose)."]


def _expected(told: dict[str, Any]) -> list[str]:
    if not told["expected"]:
        return []
    best = f"{float((told['best'] or 0) / told['expected']):.0%} of it of the best tenth"
    return [f"{render.money(told['expected'])} may be expected of {told['customers']:,} customers in the next 90 days, {best}."]


def _recommended(judged: Sequence[dict[str, Any]]) -> list[str]:
    return [
        f"Recommendations are by {row['model']}: NDCG@10 {row['score']:.2f} ({row['ci_low']:.2f} to {row['ci_high']:.2f}) over "
        f"{row['sample_size']:,} users and weeks that it had not seen"
        + (f", against {row['baseline_score']:.2f} by {row['baseline']}." if row["baseline"] else ".")
        for row in judged
    ]


def _stock(stock: dict[str, Any]) -> list[str]:
    if not stock["known"]:
        return []
    return [
        f"Of {stock['known']:,} products with known stock {stock['urgent']:,} sell well and must be ordered now"
        + (f"; {stock['dead']:,} have not sold for over 90 days." if stock["dead"] else ".")
    ]
