-- Purpose: whether each active customer of a snapshot bought nothing in the horizon after it.
-- Grain:   source, as_of, customer_id
-- Reads:   snapshots, fct_order_items
with purchases as (
    select distinct customer_id, order_date
    from fct_order_items
    where item_kind = 'product' and line_type = 'sale' and customer_id is not null
),
-- A horizon that ends after the last day of the data is not known yet.
ripe as (
    select as_of, horizon_days
    from snapshots
    where date_add(as_of, horizon_days) <= (
        select max(order_date) from fct_order_items
        where item_kind = 'product' and line_type = 'sale'
    )
),
customers as (
    select
        as_of, horizon_days, customer_id,
        max(if(order_date <= as_of, order_date, null)) as last_date,
        min(if(order_date > as_of, order_date, null)) as next_date
    from purchases cross join ripe
    where order_date <= date_add(as_of, horizon_days)
    group by as_of, horizon_days, customer_id
)
select
    customer_id,
    as_of,
    horizon_days,
    cast(date_add(as_of, horizon_days) as date) as known_on,
    next_date is null as has_churned
from customers
where datediff(as_of, last_date) <= 2 * horizon_days
