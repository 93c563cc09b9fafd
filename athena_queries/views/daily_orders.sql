-- Purpose: what each order brought on each day, by category, brand and country, and who bought it.
-- Grain:   source, order_date, order_id, customer_id, category, brand, country
-- Reads:   order_daily, rfm
select
    o.source,
    o.order_date,
    o.order_id,
    o.customer_id,
    coalesce(r.segment, '(no segment)') as customer_segment,
    o.category,
    o.brand,
    coalesce(o.country, '(unknown)') as country,
    o.sale_lines,
    o.units,
    o.gross_amount,
    o.returned_amount,
    o.discount_amount,
    cast(o.gross_amount - o.returned_amount - o.discount_amount as decimal(18, 4)) as net_amount,
    o.period
from order_daily as o
left join rfm as r on o.source = r.source and o.customer_id = r.customer_id
