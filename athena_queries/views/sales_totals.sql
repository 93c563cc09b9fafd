-- Purpose: what a shop sold over all its days, and what came back.
-- Grain:   source
-- Reads:   sales_daily
select
    source,
    min(case when gross_amount > 0 then date end) as first_sale_date,
    max(case when gross_amount > 0 then date end) as last_sale_date,
    count(*) as days,
    sum(orders) as orders,
    sum(units) as units,
    sum(gross_amount) as gross_amount,
    sum(returned_amount) as returned_amount,
    sum(net_amount) as net_amount,
    sum(gross_amount) / nullif(sum(orders), 0) as average_order_value
from sales_daily
group by source
