-- Sales and returns of product lines per day of the source. Sale lines are never negative, so adding half a step before
-- truncating rounds half up.
with first_buys as (
    select customer_id, min(order_date) as first_date
    from order_items
    where item_kind = 'product' and line_type = 'sale'
    group by customer_id
),

lines as (
    select
        *,
        item_kind = 'product' and line_type = 'sale' as sold,
        item_kind = 'product' and line_type = 'return' as returned,
        item_kind not in ('product', 'discount') as other,
        first_date = order_date as is_first
    from truth.fct_order_items
    left join first_buys using (customer_id)
),

by_day as (
    select
        date,
        count(distinct order_id) filter (sold) as orders,
        count(distinct order_id) filter (sold and amount > 0) as paid_orders,
        coalesce(sum(quantity) filter (sold), 0) as units,
        coalesce(sum(amount) filter (sold), 0) as gross_amount,
        coalesce(-sum(quantity) filter (returned), 0) as returned_units,
        coalesce(-sum(amount) filter (returned), 0) as returned_amount,
        coalesce(sum(discount_amount), 0) as discount_amount,
        coalesce(sum(net_amount) filter (not other), 0) as net_amount,
        count(distinct customer_id) filter (sold) as buyers,
        count(distinct customer_id) filter (sold and is_first) as new_buyers,
        coalesce(sum(net_amount) filter (other), 0) as other_amount
    from truth.dim_date
    left join lines on order_date = date
    group by date
),

steps as (
    select *, cast(gross_amount * 10000 as hugeint) as gross_steps from by_day
)

select
    * exclude (gross_steps),
    if(
        paid_orders = 0, null,
        cast((2 * gross_steps + paid_orders) // (2 * nullif(paid_orders, 0)) as decimal(22, 0)) * cast(0.0001 as decimal(5, 4))
    ) as average_order_value
from steps
