-- Purpose: how many customers ordered once, twice, and so on; 10 stands for 10 and more.
-- Grain:   orders
-- Reads:   order_frequency
select
    orders,
    customers,
    net_amount
from order_frequency
where source = :source
order by orders asc
limit 10
