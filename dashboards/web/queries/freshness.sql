-- Purpose: the last day of sales, and the last day with any data.
-- Grain:   one row
-- Reads:   date_coverage, sales_totals
select
    s.last_sale_date,
    d.last_date
from date_coverage as d
left join sales_totals as s on d.source = s.source
where d.source = :source
