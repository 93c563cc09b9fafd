-- Purpose: categories of the products; they have no parents.
-- Grain:   one row per category
-- Reads:   products
select
    category_id,
    min(category) as category_name,
    cast(null as string) as parent_id,
    category_id as root_id,
    array(category_id) as path_ids,
    min(category) as path,
    1 as depth,
    cast(null as decimal(9, 6)) as planned_margin,
    max(observed_at) as observed_at,
    period
from products
where category_id is not null
group by category_id, period
