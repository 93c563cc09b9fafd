-- Purpose: mean units and net sales of each day of the week, days without an order included.
-- Grain:   source, day_of_week
-- Reads:   daily_purchases, dim_date
select
    d.source,
    d.day_of_week,
    d.day_name,
    count(*) as days,
    cast(sum(coalesce(p.units, 0)) as double) / count(*) as mean_units,
    cast(sum(coalesce(p.net_amount, 0)) as decimal(38, 4)) / count(*) as mean_net_amount
from dim_date as d
left join daily_purchases as p on d.source = p.source and d.date = p.order_date
group by d.source, d.day_of_week, d.day_name
order by d.source asc, d.day_of_week asc
