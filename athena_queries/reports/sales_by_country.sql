-- Purpose: orders, customers and net sales of each country between two days.
-- Grain:   source, country
-- Reads:   daily_orders
-- Parameters: first day, last day | date '2026-01-01', date '2026-01-31'
select
    source,
    country,
    count(distinct case when sale_lines > 0 then order_id end) as orders,
    count(distinct case when sale_lines > 0 then customer_id end) as customers,
    sum(net_amount) as net_amount
from daily_orders
where order_date between ? and ?
group by source, country
order by source asc, net_amount desc, country asc
