-- Purpose: how many customers order, how many order again, and what they bring.
-- Grain:   source
-- Reads:   customer_ranking, sales_daily
with customers as (
    select
        source,
        count(*) as customers,
        count_if(orders > 1) as repeat_customers,
        sum(net_amount) as net_amount,
        sum(case when orders > 1 then net_amount else 0 end) as repeat_net_amount,
        sum(case when is_top_tenth then net_amount end) as top_tenth_net_amount
    from customer_ranking
    group by source
),

shops as (
    select source, sum(net_amount) as shop_net_amount
    from sales_daily
    group by source
)

select
    c.source,
    c.customers,
    c.repeat_customers,
    cast(c.repeat_customers as double) / c.customers as repeat_rate,
    c.net_amount,
    c.repeat_net_amount,
    c.top_tenth_net_amount,
    s.shop_net_amount,
    cast(c.net_amount as double) / nullif(cast(s.shop_net_amount as double), 0) as share_of_shop_net,
    cast(c.repeat_net_amount as double) / nullif(cast(s.shop_net_amount as double), 0) as repeat_share_of_shop_net,
    cast(c.top_tenth_net_amount as double) / nullif(cast(s.shop_net_amount as double), 0) as top_tenth_share_of_shop_net
from customers as c
left join shops as s on c.source = s.source
