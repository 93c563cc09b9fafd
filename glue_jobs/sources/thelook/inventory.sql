-- Purpose: units of stock, where each was received, and the order line that it was sold on.
-- Grain:   one row per unit
-- Reads:   raw_inventory_items, raw_order_items, raw_distribution_centers
with order_lines as (
    select inventory_item_id, min(id) as order_item_id
    from raw_order_items
    where booking = 'sale'
    group by inventory_item_id
),

centers as (
    select id as center_id, min(name) as center
    from raw_distribution_centers
    group by id
)

select
    units._record,
    units.id as inventory_id,
    units.product_id,
    center_id as location_id,
    center as location,
    1 as quantity,
    units.cost as unit_cost,
    order_item_id,
    units.created_at as received_at,
    units.sold_at as left_at
from raw_inventory_items as units
left join order_lines on units.id = inventory_item_id
left join centers on product_distribution_center_id = center_id
