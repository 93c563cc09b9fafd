-- Purpose: the catalog after each change.
-- Grain:   one row per change of a product; the latest per period is kept
-- Reads:   raw_products
select
    _record,
    product_id,
    product_name,
    category_id,
    category,
    brand,
    list_price,
    unit_cost,
    stock,
    updated_at as observed_at
from raw_products
