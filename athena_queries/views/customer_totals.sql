-- Purpose: how many customers order, how many order again, and what they bring.
-- Grain:   source
-- Reads:   customer_ranking
select
    source,
    count(*) as customers,
    count_if(orders > 1) as repeat_customers,
    cast(count_if(orders > 1) as double) / count(*) as repeat_rate,
    sum(net_amount) as net_amount,
    sum(case when orders > 1 then net_amount else 0 end) as repeat_net_amount,
    sum(case when is_top_tenth then net_amount end) as top_tenth_net_amount
from customer_ranking
group by source
