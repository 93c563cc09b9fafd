-- Purpose: how many orders a person should look at, and what they are worth.
-- Grain:   one row
-- Reads:   unusual_orders
select
    max(as_of) as as_of,
    count(*) as unusual_orders,
    sum(order_amount) as unusual_amount
from unusual_orders
where source = :source
