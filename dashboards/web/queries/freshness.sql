-- Purpose: the last day of sales, and the last day with any data.
-- Grain:   one row
-- Reads:   date_coverage, daily_purchases
select
    max(case when s.gross_amount > 0 then s.order_date end) as last_sale_date,
    max(d.last_date) as last_date
from date_coverage as d
left join daily_purchases as s on d.source = s.source
where d.source = :source
