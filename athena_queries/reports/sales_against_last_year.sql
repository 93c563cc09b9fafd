-- Purpose: net sales of each month against the same month a year earlier.
-- Grain:   source, month_start
-- Reads:   sales_monthly
select
    m.source,
    m.month_start,
    m.net_amount,
    b.net_amount as net_amount_last_year,
    cast(m.net_amount as double) / nullif(cast(b.net_amount as double), 0e0) - 1 as growth_rate
from sales_monthly as m
inner join sales_monthly as b on m.source = b.source and m.month_start = date_add('year', 1, b.month_start)
order by m.source asc, m.month_start asc
