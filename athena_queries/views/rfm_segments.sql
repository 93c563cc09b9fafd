-- Purpose: customers and revenue of every RFM segment.
-- Grain:   source, segment
-- Reads:   rfm_grid
with segments as (
    select
        source,
        segment,
        sum(customers) as customers,
        sum(net_amount) as net_amount
    from rfm_grid
    group by source, segment
)

select
    source,
    segment,
    customers,
    cast(customers as double) / sum(customers) over (partition by source) as customer_share,
    net_amount,
    cast(net_amount as double) / nullif(cast(sum(net_amount) over (partition by source) as double), 0) as net_amount_share
from segments
