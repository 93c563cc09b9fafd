-- Purpose: sales and returns by month.
-- Grain:   source, month_start
-- Reads:   sales_daily
select
    source,
    date_trunc('month', date) as month_start,
    sum(orders) as orders,
    sum(units) as units,
    sum(gross_amount) as gross_amount,
    sum(returned_amount) as returned_amount,
    sum(net_amount) as net_amount,
    sum(new_buyers) as new_buyers
from sales_daily
group by source, date_trunc('month', date)
