-- Purpose: every known customer, with first and last order and order totals.
-- Grain:   source, customer_id
-- Reads:   customers, fct_order_items
with attributes as (
    select
        source, customer_id,
        max_by(struct(country, registered_at), observed_at) as latest
    from customers
    group by source, customer_id
),
lines as (
    select *, line_type = 'sale' and item_kind = 'product' as is_sale
    from fct_order_items
),
order_totals as (
    select
        source, customer_id,
        max(struct(ordered_at, country)).country as latest_country,
        min(if(is_sale, order_date, null)) as first_order_date,
        max(if(is_sale, order_date, null)) as last_order_date,
        count(distinct if(is_sale, order_id, null)) as orders,
        sum(if(item_kind in ('product', 'discount'), net_amount, 0)) as net_amount
    from lines
    where customer_id is not null
    group by source, customer_id
)
select
    customer_id,
    coalesce(latest.country, latest_country) as country,
    latest.registered_at,
    first_order_date,
    last_order_date,
    coalesce(orders, 0) as orders,
    cast(coalesce(net_amount, 0) as decimal(18, 4)) as net_amount,
    source
from attributes full outer join order_totals using (source, customer_id)
