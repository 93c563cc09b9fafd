-- Purpose: the catalog, with the number of units in stock.
-- Grain:   one row per product
-- Reads:   raw_products, inventory
with stock_counts as (
    select product_id, cast(sum(if(left_at is null, quantity, 0)) as bigint) as stock
    from inventory
    group by product_id
)

select
    _record,
    id as product_id,
    name as product_name,
    category as category_id,
    category,
    brand,
    retail_price as list_price,
    cost as unit_cost,
    coalesce(stock, 0) as stock,
    cast(_ingest_date as timestamp) as observed_at
from raw_products left join stock_counts on id = product_id
