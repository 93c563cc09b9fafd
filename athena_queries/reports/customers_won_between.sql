-- Purpose: how many customers placed their first order between two days, and what they have spent since.
-- Grain:   source
-- Reads:   customer_profiles
-- Parameters: first day, last day | date '2026-01-01', date '2026-01-31'
select
    source,
    count(*) as new_customers,
    count_if(orders > 1) as came_back,
    sum(net_amount) as net_amount
from customer_profiles
where first_order_date between ? and ?
group by source
order by source asc
