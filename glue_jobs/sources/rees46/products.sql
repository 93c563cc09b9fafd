-- Purpose: latest state of each product in the log.
-- Grain:   one row per product and period
-- Reads:   events
with latest as (
    select
        product_id,
        period,
        max_by(
            struct(category_id, category, brand, price, event_time),
            struct(event_time, event_id)
        ) as state
    from events
    group by product_id, period
)

select
    product_id,
    cast(null as string) as product_name,
    state.category_id,
    state.category,
    state.brand,
    state.price as list_price,
    cast(null as decimal(18, 4)) as unit_cost,
    cast(null as bigint) as stock,
    state.event_time as observed_at,
    period
from latest
