-- Purpose: the twenty customers with the highest net sales between two days.
-- Grain:   source, customer_id
-- Reads:   daily_orders
-- Parameters: first day, last day | date '2026-01-01', date '2026-01-31'
with spent as (
    select
        source,
        customer_id,
        count(distinct case when sale_lines > 0 then order_id end) as orders,
        sum(net_amount) as net_amount
    from daily_orders
    where order_date between ? and ? and customer_id is not null
    group by source, customer_id
),

ranked as (
    select
        source,
        customer_id,
        orders,
        net_amount,
        row_number() over (partition by source order by net_amount desc, customer_id asc) as place
    from spent
)

select
    source,
    place,
    customer_id,
    orders,
    net_amount
from ranked
where place <= 20
order by source asc, place asc
