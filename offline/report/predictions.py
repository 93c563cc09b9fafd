"""Sections about what comes next: what customers are expected to bring, what they are recommended, what goes together."""

from __future__ import annotations

from offline.report import charts
from offline.report.numbers import percent, plain
from offline.report.page import Figure
from offline.report.section import Section, Shop

EXPECTED = """
select tenth, count(*) as customers, sum(expected_value_90) as expected, avg(expected_purchases_90) as purchases,
       avg(probability_alive) as alive
from (
  select expected_value_90, expected_purchases_90, probability_alive,
         ntile(10) over (order by expected_value_90 desc, customer_id) as tenth
  from customer_value where source = {source} and expected_value_90 is not null
)
group by tenth order by tenth
"""
HELD_OUT = """
select score, baseline_score from model_metrics
where source = {source} and job = 'value' and split = 'test' and metric = 'mae_value_90'
"""
METHODS = """
select model, max(case metric when 'ndcg_10' then score end) as score, max(case metric when 'ndcg_10' then ci_low end) as ci_low,
       max(case metric when 'ndcg_10' then ci_high end) as ci_high,
       max(case metric when 'ndcg_10' then sample_size end) as sample_size,
       max(case metric when 'hit_rate_10' then score end) as hit_rate,
       max(case metric when 'coverage' then score end) as coverage, bool_or(is_published) as is_published
from model_metrics where source = {source} and job = 'recommend' and split = 'test'
group by model order by score desc, model
"""
TOGETHER = """
select coalesce(this.product_name, pair.product_id) as product, coalesce(other.product_name, other_product_id) as other,
       pair.kind, pair_baskets, confidence, lift
from item_pairs as pair
left join dim_product as this on this.source = pair.source and this.product_id = pair.product_id
left join dim_product as other on other.source = pair.source and other.product_id = pair.other_product_id
where pair.source = {source} and pair.product_id < other_product_id
order by case pair.kind when 'purchase' then 0 else 1 end, llr desc, pair.product_id, other_product_id limit 12
"""


def expected_value(shop: Shop) -> Section | None:
    """What each tenth of the customers is expected to bring within 90 days."""
    rows = shop.ask(EXPECTED)
    if not rows:
        return None
    made, (ax,) = charts.figure(8)
    names, values = [str(row["tenth"]) for row in rows], [float(row["expected"]) for row in rows]
    charts.columns(ax, names, values, shop.money, what="tenths of the customers, the best first")
    total = sum(values)
    note = (
        f"By BG/NBD and Gamma-Gamma; the best tenth is expected to bring {percent(values[0] / total if total else None)} of it."
    )
    held_out = shop.ask(HELD_OUT)
    if held_out:
        errors = [shop.amount(held_out[0][name]) for name in ("score", "baseline_score")]
        note += f" Half a year held out: a mean error per customer and quarter of {errors[0]}, {errors[1]} by the same as before."
    told = [
        (
            row["tenth"],
            row["customers"],
            Figure(shop.amount(row["expected"])),
            Figure(plain(row["purchases"])),
            percent(row["alive"]),
        )
        for row in rows
    ]
    return Section(note, made, ("tenth", "customers", "expected in 90 days", "purchases each", "still a customer"), told)


def recommenders(shop: Shop) -> Section | None:
    """How well each method foretold what users turned to next, on data that none had seen."""
    rows = shop.ask(METHODS)
    if not rows:
        return None
    made, (ax,) = charts.figure(1.3 * len(rows) + 1)
    names, scores = [row["model"].replace("_", "-") for row in rows], [row["score"] for row in rows]
    charts.bars(ax, names, scores, lambda value: f"{value:.3f}", room=14)
    ax.set_xlim(0, 1.2 * max([row["ci_high"] or row["score"] for row in rows]) or 1)
    for place, row in enumerate(rows):
        if row["ci_low"] is not None:
            ax.plot([row["ci_low"], row["ci_high"]], [place + 0.28] * 2, color=charts.ORANGE, linewidth=2)
    published = next((row["model"] for row in rows if row["is_published"]), None)
    chosen = f"; {published.replace('_', '-')} was chosen on earlier data and is what users get" if published else ""
    note = f"NDCG@10 over {rows[0]['sample_size']:,} users, with 95 % intervals{chosen}."
    told = [
        (name, Figure(f"{row['score']:.4f}"), Figure(percent(row["hit_rate"])), Figure(percent(row["coverage"])))
        for name, row in zip(names, rows, strict=True)
    ]
    return Section(note, made, ("method", "NDCG@10", "a hit among ten", "products ever shown"), told)


def together(shop: Shop) -> Section | None:
    """The pairs of products that chance explains least."""
    rows = shop.ask(TOGETHER)
    if not rows:
        return None
    kind = rows[0]["kind"]
    rows = [row for row in rows if row["kind"] == kind]
    made, (ax,) = charts.figure(1.7 * len(rows) + 1)
    names = [f"{charts.shorten(row['product'], 28)}\n+ {charts.shorten(row['other'], 26)}" for row in rows]
    charts.bars(ax, names, [row["pair_baskets"] for row in rows], plain, room=60)
    what, base = ("Orders", "orders") if kind == "purchase" else ("Visits", "visits")
    note = f"{what} that have both; the pairs whose number chance explains least (log-likelihood ratio)."
    told = [
        (row["product"], row["other"], row["pair_baskets"], Figure(percent(row["confidence"])), Figure(f"{row['lift']:.1f}"))
        for row in rows
    ]
    return Section(note, made, ("product", "with", base, "of the product's own", "lift"), told)
