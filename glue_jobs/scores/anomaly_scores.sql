-- Purpose: how unusual each order is, by the newest version that scored each day, and what the order was.
-- Grain:   source, as_of, order_id
-- Reads:   scored, fct_order_items
with orders as (
    select
        order_id,
        min(ordered_at) as ordered_at,
        sum(if(line_type = 'sale', net_amount, 0)) as amount,
        sum(if(line_type = 'sale', quantity, 0)) as units
    from fct_order_items
    where item_kind = 'product' and line_type in ('sale', 'return')
    group by order_id
)
select
    scored.as_of,
    scored.order_id,
    scored.version as model_version,
    scored.customer_id,
    orders.ordered_at,
    cast(orders.amount as decimal(18, 4)) as amount,
    cast(orders.units as bigint) as units,
    scored.anomaly_score,
    scored.rank,
    scored.is_alert,
    scored.reasons
from scored left join orders on scored.order_id = orders.order_id
