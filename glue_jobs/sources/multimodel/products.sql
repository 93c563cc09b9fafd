-- Purpose: the catalog; what an item costs follows from the margin planned for its subcategory.
-- Grain:   one row per product and delivery; the newest of a period stays
-- Reads:   raw_products, raw_categories
with plans as (
    select node.id, max(struct(_ingest_date, node.name as category, node.margin)) as newest
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
    plans.newest.category,
    cast(null as string) as brand,
    list_price,
    cast(list_price * (1 - plans.newest.margin) as decimal(18, 4)) as unit_cost,
    current_stock as stock,
    cast(_ingest_date as timestamp) as observed_at
from priced left join plans on leaf_id = plans.id
