-- Purpose: what the invoices last said of each product.
-- Grain:   one row per product and period
-- Reads:   order_items
with newest as (
    select
        product_id,
        period,
        max_by(struct(product_name, unit_price, ordered_at), struct(ordered_at, order_item_id)) as said
    from order_items
    where item_kind = 'product' and line_type = 'sale' and product_name is not null
    group by product_id, period
)

select
    product_id,
    said.product_name,
    cast(null as string) as category_id,
    cast(null as string) as category,
    cast(null as string) as brand,
    said.unit_price as list_price,
    cast(null as decimal(18, 4)) as unit_cost,
    cast(null as bigint) as stock,
    said.ordered_at as observed_at,
    period
from newest
