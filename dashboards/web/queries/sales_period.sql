-- Purpose: orders, customers and revenue of the period. Orders and customers are counted once.
-- Grain:   one row
-- Reads:   daily_orders
select
    count(distinct case when sale_lines > 0 then order_id end) as orders,
    count(distinct case when sale_lines > 0 then customer_id end) as buyers,
    sum(case when sale_lines > 0 then units end) as units,
    sum(gross_amount) as gross_amount,
    sum(returned_amount) as returned_amount,
    sum(net_amount) as net_amount,
    sum(gross_amount) / nullif(count(distinct case when gross_amount > 0 then order_id end), 0) as average_order_value,
    cast(sum(returned_amount) as double) / nullif(cast(sum(gross_amount) as double), 0) as return_rate
from daily_orders
where
    source = :source
    and order_date between :first and :last
    and period between :first_period and :last_period
    and (:category = '' or category = :category)
    and (:brand = '' or brand = :brand)
    and (:segment = '' or customer_segment = :segment)
