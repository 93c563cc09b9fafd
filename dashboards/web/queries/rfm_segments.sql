-- Purpose: customers and revenue of every RFM segment.
-- Grain:   segment
-- Reads:   rfm_segments
select
    segment,
    customers,
    customer_share,
    net_amount,
    net_amount_share
from rfm_segments
where source = :source
order by net_amount desc, segment asc
limit 20
