-- Purpose: how many customers ordered once, twice, and so on.
-- Grain:   source, orders
-- Reads:   dim_customer
select
    source,
    least(orders, 10) as orders,
    count(*) as customers,
    sum(net_amount) as net_amount
from dim_customer
where orders > 0
group by source, least(orders, 10)
