-- Purpose: sales, returns, views, rank and trend of each product.
-- Grain:   source, product_id
-- Reads:   dim_date, fct_order_items, fct_product_activity
with last_day as (
    select source, max(date) as as_of
    from dim_date
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
        sum(net_amount) as net_amount,
        sum(if(line_type = 'sale' and order_date > as_of - 7, quantity, 0)) as units_last_7_days,
        sum(if(line_type = 'sale' and order_date > as_of - 35 and order_date <= as_of - 7, quantity, 0))
            as units_prior_28_days
    from fct_order_items inner join last_day using (source)
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
        cast(coalesce(net_amount, 0) as decimal(18, 4)) as net_amount,
        coalesce(views, 0) as views,
        coalesce(carts, 0) as carts,
        coalesce(purchases, 0) as purchases,
        coalesce(units_last_7_days, 0) as units_last_7_days,
        coalesce(units_prior_28_days, 0) as units_prior_28_days
    from sales full outer join interest using (source, product_id)
),
ranked as (
    select
        *,
        rank() over (partition by source, units > 0 order by units desc) as rank_by_units,
        rank() over (partition by source, units > 0 order by net_amount desc) as rank_by_revenue,
        -- (last 7 / 7) / (prior 28 / 28), without rounding before the threshold
        4 * units_last_7_days / nullif(units_prior_28_days, 0) as trend_ratio
    from combined
)
select
    product_id,
    orders,
    units,
    gross_amount,
    returned_units,
    returned_amount,
    net_amount,
    views,
    carts,
    purchases,
    as_of,
    if(units > 0, rank_by_units, null) as units_rank,
    if(units > 0, rank_by_revenue, null) as revenue_rank,
    units_last_7_days,
    units_prior_28_days,
    trend_ratio,
    units_last_7_days >= 10 and coalesce(trend_ratio >= 1.5, true) as is_trending,
    source
from ranked inner join last_day using (source)
