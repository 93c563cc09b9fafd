-- Sales, returns, views, rank and trend of each product.
with as_of as (
    select max(order_date) as as_of, max(order_date) >= min(order_date) + 34 as has_history
    from order_items
    where item_kind = 'product' and line_type = 'sale'
),

lines as (
    select *, date_diff('day', order_date, as_of) as age, line_type = 'sale' as sold, line_type = 'return' as returned
    from truth.fct_order_items, as_of
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
        sum(discount_amount) as discount_amount,
        sum(net_amount) as net_amount,
        sum(quantity) filter ((sold or returned) and age between 0 and 6) as recent,
        sum(quantity) filter ((sold or returned) and age between 7 and 34) as earlier
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
    select filled.* exclude (recent, earlier), recent as units_last_7_days, if(has_history, earlier, null) as units_prior_28_days
    from filled, as_of
)

select
    net.*,
    as_of,
    if(units > 0, 1 + (select count(*) from net as other where other.units > net.units), null) as units_rank,
    if(
        units > 0, 1 + (select count(*) from net as other where other.units > 0 and other.net_amount > net.net_amount), null
    ) as revenue_rank,
    if(units_prior_28_days >= 1, 4 * units_last_7_days / units_prior_28_days, null) as trend_ratio,
    case
        when units_prior_28_days is null then null
        when units_last_7_days < 10 then false
        else units_prior_28_days < 1 or 8 * units_last_7_days >= 3 * units_prior_28_days
    end as is_trending
from net, as_of
