-- Purpose: the shops of the lake, the days that they have, and their last day of sales.
-- Grain:   source
-- Reads:   date_coverage, daily_purchases
with sales as (
    select
        source,
        max(case when gross_amount > 0 then order_date end) as last_sale_date,
        sum(net_amount) as net_amount
    from daily_purchases
    group by source
)

select
    d.source,
    d.first_date,
    coalesce(s.last_sale_date, d.last_date) as last_date
from date_coverage as d
left join sales as s on d.source = s.source
order by s.net_amount desc nulls last, d.source asc
limit 100
