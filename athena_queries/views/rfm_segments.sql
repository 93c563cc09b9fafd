-- Purpose: customers and revenue of every RFM segment.
-- Grain:   source, segment
-- Reads:   rfm_grid, sales_daily
with segments as (
    select
        source,
        segment,
        sum(customers) as customers,
        sum(net_amount) as net_amount
    from rfm_grid
    group by source, segment
),

shops as (
    select source, sum(net_amount) as shop_net_amount
    from sales_daily
    group by source
)

select
    s.source,
    s.segment,
    s.customers,
    cast(s.customers as double) / sum(s.customers) over (partition by s.source) as customer_share,
    s.net_amount,
    cast(s.net_amount as double) / nullif(cast(sum(s.net_amount) over (partition by s.source) as double), 0) as net_amount_share,
    cast(s.net_amount as double) / nullif(cast(t.shop_net_amount as double), 0) as share_of_shop_net
from segments as s
left join shops as t on s.source = t.source
