-- Purpose: every known customer, with the first and last order and what was bought.
-- Grain:   source, customer_id
-- Reads:   customers, fct_order_items
with registered as (
    select
        source, customer_id,
        max_by(struct(country, registered_at), observed_at) as newest
    from customers
    group by source, customer_id
),
ordered as (
    select
        source, customer_id,
        max(struct(ordered_at, country)).country as latest_country,
        min(if(line_type = 'sale', order_date, null)) as first_order_date,
        max(if(line_type = 'sale', order_date, null)) as last_order_date,
        count(distinct if(line_type = 'sale', order_id, null)) as orders,
        sum(if(item_kind = 'product', net_amount, 0)) as net_amount
    from fct_order_items
    where customer_id is not null
    group by source, customer_id
)
select
    customer_id,
    coalesce(newest.country, latest_country) as country,
    newest.registered_at,
    first_order_date,
    last_order_date,
    coalesce(orders, 0) as orders,
    cast(coalesce(net_amount, 0) as decimal(18, 4)) as net_amount,
    source
from registered full outer join ordered using (source, customer_id)
