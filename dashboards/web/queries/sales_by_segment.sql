-- Purpose: orders and revenue of the period by customer segment, and the share of the period's revenue.
-- Grain:   customer_segment
-- Reads:   order_lines
with totals as (
    select
        customer_segment,
        count(distinct case when line_type = 'sale' then order_id end) as orders,
        sum(case when line_type = 'sale' then quantity end) as units,
        sum(net_amount) as net_amount
    from order_lines
    where
        source = :source
        and order_date between :first and :last
        and (:category = '' or category = :category)
        and (:brand = '' or brand = :brand)
        and (:segment = '' or customer_segment = :segment)
    group by customer_segment
)

select
    customer_segment,
    orders,
    units,
    net_amount,
    cast(net_amount as double) / nullif(cast(sum(net_amount) over () as double), 0) as net_share
from totals
order by net_amount desc, customer_segment asc
limit 15
