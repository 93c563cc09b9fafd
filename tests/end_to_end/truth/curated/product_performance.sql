-- Sales, returns, views, rank and trend of each product.
with as_of as (
    select max(date) as as_of from truth.dim_date
),

lines as (
    select *, date_diff('day', order_date, as_of) as age, line_type = 'sale' as sold, line_type = 'return' as returned
    from order_items, as_of
    where item_kind = 'product'
),

sales as (
    select
        product_id,
        count(distinct order_id) filter (sold) as orders,
        sum(quantity) filter (sold) as units,
        sum(amount) filter (sold) as gross_amount,
        -sum(quantity) filter (returned) as returned_units,
        -sum(amount) filter (returned) as returned_amount,
        sum(quantity) filter (sold and age between 0 and 6) as units_last_7_days,
        sum(quantity) filter (sold and age between 7 and 34) as units_prior_28_days
    from lines
    group by product_id
),

interest as (
    select
        product_id,
        count(*) filter (event_type = 'view') as views,
        count(*) filter (event_type = 'cart') as carts,
        count(*) filter (event_type = 'purchase') as purchases
    from events
    where event_type <> 'page'
    group by product_id
),

filled as (
    select product_id, coalesce(columns(* exclude (product_id)), 0)
    from sales
    full join interest using (product_id)
),

net as (
    select *, gross_amount - returned_amount as net_amount from filled
)

select
    net.*,
    as_of,
    if(units > 0, 1 + (select count(*) from net as other where other.units > net.units), null) as units_rank,
    if(
        units > 0, 1 + (select count(*) from net as other where other.units > 0 and other.net_amount > net.net_amount), null
    ) as revenue_rank,
    4 * units_last_7_days / nullif(units_prior_28_days, 0) as trend_ratio,
    units_last_7_days >= 10
    and (units_prior_28_days = 0 or 4 * units_last_7_days >= 1.5 * units_prior_28_days) as is_trending
from net, as_of
