-- Purpose: orders and revenue by day, week or month. A step that the period cuts is partial.
-- Grain:   step
-- Reads:   daily_orders
with steps as (
    select
        cast(date_trunc(:grain, order_date) as date) as step,
        count(distinct case when sale_lines > 0 then order_id end) as orders,
        count(distinct case when sale_lines > 0 then customer_id end) as buyers,
        sum(gross_amount) as gross_amount,
        sum(returned_amount) as returned_amount,
        sum(net_amount) as net_amount
    from daily_orders
    where
        source = :source
        and order_date between :first and :last
        and period between :first_period and :last_period
        and (:category = '' or category = :category)
        and (:brand = '' or brand = :brand)
        and (:segment = '' or customer_segment = :segment)
    group by date_trunc(:grain, order_date)
)

select
    step,
    orders,
    buyers,
    gross_amount,
    returned_amount,
    net_amount,
    step < :first or date_add(:grain, 1, step) > date_add('day', 1, :last) as is_partial
from steps
order by step asc
limit 1000
