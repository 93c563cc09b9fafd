-- Purpose: what the log last said of each product.
-- Grain:   one row per product and period
-- Reads:   events
with newest as (
    select
        product_id,
        period,
        max_by(
            struct(category_id, category, brand, price, event_time),
            struct(event_time, event_id)
        ) as said
    from events
    group by product_id, period
)

select
    product_id,
    cast(null as string) as product_name,
    said.category_id,
    said.category,
    said.brand,
    said.price as list_price,
    cast(null as decimal(18, 4)) as unit_cost,
    cast(null as bigint) as stock,
    said.event_time as observed_at,
    period
from newest
