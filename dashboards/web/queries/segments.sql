-- Purpose: the customer segments found by behavior.
-- Grain:   segment
-- Reads:   segment_overview
select
    segment_name,
    customers,
    customer_share,
    net_amount_share,
    orders_per_customer,
    net_amount_per_customer
from segment_overview
where source = :source
order by segment asc
limit 20
