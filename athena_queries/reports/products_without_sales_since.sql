-- Purpose: products with stock, or with stock unknown, that had no sale since a day.
-- Grain:   source, product_id
-- Reads:   dim_product, fct_order_items
-- Parameters: first day | date '2026-01-01'
with sold as (
    select distinct
        source,
        product_id
    from fct_order_items
    where line_type = 'sale' and order_date >= ?
)

select
    d.source,
    d.product_id,
    coalesce(d.product_name, d.product_id) as product,
    d.stock,
    d.last_seen_date
from dim_product as d
left join sold as s on d.source = s.source and d.product_id = s.product_id
where s.product_id is null and coalesce(d.stock, 1) > 0
order by d.source asc, d.stock desc nulls last, d.product_id asc
