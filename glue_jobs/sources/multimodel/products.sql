-- Purpose: the catalog; unit cost follows from the margin planned for the subcategory.
-- Grain:   one row per product and delivery; the latest per period is kept
-- Reads:   raw_products, raw_categories
with planned_margins as (
    select node.id, max(struct(_ingest_date, node.name as category, node.margin)) as latest
    from raw_categories
    group by node.id
),

priced as (
    select
        raw_products.*,
        coalesce(subcategory_id, category_id) as leaf_id,
        coalesce(current_price, base_price) as list_price
    from raw_products
)

select
    _record,
    product_id,
    name as product_name,
    leaf_id as category_id,
    planned_margins.latest.category,
    cast(null as string) as brand,
    list_price,
    cast(list_price * (1 - planned_margins.latest.margin) as decimal(18, 4)) as unit_cost,
    current_stock as stock,
    cast(_ingest_date as timestamp) as observed_at
from priced left join planned_margins on leaf_id = planned_margins.id
