-- Purpose: products in the events, with the latest values that events name.
-- Grain:   one row per product and period
-- Reads:   events
select
    product_id,
    cast(null as string) as product_name,
    max_by(category_id, struct(event_time, event_id)) filter (where category_id is not null) as category_id,
    max_by(category, struct(event_time, event_id)) filter (where category is not null) as category,
    max_by(brand, struct(event_time, event_id)) filter (where brand is not null) as brand,
    max_by(price, struct(event_time, event_id)) filter (where price is not null and event_type != 'refund') as list_price,
    cast(null as decimal(18, 4)) as unit_cost,
    cast(max_by(quantity, struct(event_time, event_id)) filter (where event_type = 'stock') as bigint) as stock,
    max(event_time) as observed_at,
    period
from events
where product_id is not null
group by product_id, period
