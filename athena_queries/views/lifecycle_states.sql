-- Purpose: customers and their sales by state of their life as a customer.
-- Grain:   source, lifecycle_state
-- Reads:   customer_lifecycle, dim_customer
select
    l.source,
    l.state as lifecycle_state,
    count(*) as customers,
    cast(count(*) as double) / sum(count(*)) over (partition by l.source) as customer_share,
    sum(c.net_amount) as net_amount,
    avg(cast(l.days_since_order as double)) as mean_days_since_order,
    max(l.as_of) as as_of
from customer_lifecycle as l
left join dim_customer as c on l.source = c.source and l.customer_id = c.customer_id
group by l.source, l.state
