-- Purpose: customers who ordered, by revenue.
-- Grain:   source, customer_id
-- Reads:   dim_customer
with ranked as (
    select
        source,
        customer_id,
        country,
        orders,
        net_amount,
        last_order_date,
        row_number() over (partition by source order by net_amount desc, customer_id asc) as revenue_rank,
        count(*) over (partition by source) as customers
    from dim_customer
    where orders > 0
)

select
    source,
    customer_id,
    revenue_rank,
    revenue_rank * 10 <= customers as is_top_tenth,
    country,
    orders,
    net_amount,
    last_order_date
from ranked
