-- Purpose: products in the orders, with their latest name and price.
-- Grain:   one row per product and period
-- Reads:   order_items
with latest as (
    select
        product_id,
        period,
        max_by(struct(product_name, unit_price, ordered_at), struct(ordered_at, order_item_id)) as state
    from order_items
    where item_kind = 'product' and line_type = 'sale' and product_name is not null
    group by product_id, period
)

select
    product_id,
    state.product_name,
    cast(null as string) as category_id,
    cast(null as string) as category,
    cast(null as string) as brand,
    state.unit_price as list_price,
    cast(null as decimal(18, 4)) as unit_cost,
    cast(null as bigint) as stock,
    state.ordered_at as observed_at,
    period
from latest
