-- Purpose: the shops of the lake, the days that they have, and their last day of sales.
-- Grain:   source
-- Reads:   date_coverage, sales_totals, source_currency
select
    d.source,
    d.first_date,
    coalesce(s.last_sale_date, d.last_date) as last_date,
    c.currency
from date_coverage as d
left join sales_totals as s on d.source = s.source
left join source_currency as c on d.source = c.source
order by s.net_amount desc nulls last, d.source asc
limit 100
