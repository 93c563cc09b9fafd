-- Purpose: orders, customers and net sales of each country between two days.
-- Grain:   source, country
-- Reads:   order_lines
-- Parameters: first day, last day | date '2026-01-01', date '2026-01-31'
select
    source,
    coalesce(country, 'unknown') as country,
    count(distinct order_id) as orders,
    count(distinct customer_id) as customers,
    sum(net_amount) as net_amount
from order_lines
where order_date between ? and ?
group by source, coalesce(country, 'unknown')
order by source asc, net_amount desc, country asc
