-- Purpose: the catalog as of each change.
-- Grain:   one row per change of a product; the newest of a period stays
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
