-- Purpose: orders, buyers, net sales, discounts and returns of each month.
-- Grain:   source, month_start
-- Reads:   sales_monthly
select
    source,
    month_start,
    orders,
    buyers,
    new_buyers,
    net_amount,
    cast(discount_amount as double) / nullif(cast(gross_amount as double), 0e0) as discount_share,
    cast(returned_amount as double) / nullif(cast(gross_amount as double), 0e0) as returned_share
from sales_monthly
order by source asc, month_start asc
