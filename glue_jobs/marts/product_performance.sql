-- Purpose: sales, returns, views, rank and trend of each product.
-- Grain:   source, product_id
-- Reads:   fct_order_items, fct_product_activity
with sale_dates as (
    select
        source,
        max(order_date) as as_of,
        datediff(max(order_date), min(order_date)) >= 34 as has_five_weeks
    from fct_order_items
    where item_kind = 'product' and line_type = 'sale'
    group by source
),
sales as (
    select
        source, product_id,
        count(distinct if(line_type = 'sale', order_id, null)) as orders,
        sum(if(line_type = 'sale', quantity, 0)) as units,
        sum(gross_amount) as gross_amount,
        sum(if(line_type = 'return', -quantity, 0)) as returned_units,
        sum(returned_amount) as returned_amount,
        sum(discount_amount) as discount_amount,
        sum(net_amount) as net_amount,
        sum(if(line_type in ('sale', 'return') and order_date > as_of - 7 and order_date <= as_of, quantity, 0))
            as units_last_7_days,
        sum(if(line_type in ('sale', 'return') and order_date > as_of - 35 and order_date <= as_of - 7, quantity, 0))
            as units_prior_28_days
    from fct_order_items left join sale_dates using (source)
    where item_kind = 'product'
    group by source, product_id
),
interest as (
    select source, product_id, sum(views) as views, sum(carts) as carts, sum(purchases) as purchases
    from fct_product_activity
    group by source, product_id
),
combined as (
    select
        source, product_id,
        coalesce(orders, 0) as orders,
        coalesce(units, 0) as units,
        cast(coalesce(gross_amount, 0) as decimal(18, 4)) as gross_amount,
        coalesce(returned_units, 0) as returned_units,
        cast(coalesce(returned_amount, 0) as decimal(18, 4)) as returned_amount,
        cast(coalesce(discount_amount, 0) as decimal(18, 4)) as discount_amount,
        cast(coalesce(net_amount, 0) as decimal(18, 4)) as net_amount,
        coalesce(views, 0) as views,
        coalesce(carts, 0) as carts,
        coalesce(purchases, 0) as purchases,
        as_of,
        coalesce(has_five_weeks, false) as has_five_weeks,
        coalesce(units_last_7_days, 0) as units_last_7_days,
        coalesce(units_prior_28_days, 0) as units_prior_28_days
    from sales full outer join interest using (source, product_id) left join sale_dates using (source)
),
ranked as (
    select
        *,
        rank() over (partition by source, units > 0 order by units desc) as rank_by_units,
        rank() over (partition by source, units > 0 order by net_amount desc) as rank_by_revenue,
        -- (last 7 / 7) / (prior 28 / 28), without rounding before the threshold
        if(has_five_weeks and units_prior_28_days > 0, 4 * units_last_7_days / units_prior_28_days, null) as trend_ratio
    from combined
)
select
    product_id,
    orders,
    units,
    gross_amount,
    returned_units,
    returned_amount,
    discount_amount,
    net_amount,
    views,
    carts,
    purchases,
    as_of,
    if(units > 0, rank_by_units, null) as units_rank,
    if(units > 0, rank_by_revenue, null) as revenue_rank,
    units_last_7_days,
    if(has_five_weeks, units_prior_28_days, null) as units_prior_28_days,
    trend_ratio,
    if(has_five_weeks, units_last_7_days >= 10 and coalesce(trend_ratio >= 1.5, true), null) as is_trending,
    source
from ranked
