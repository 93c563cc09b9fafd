-- Purpose: categories and subcategories; subcategories have a planned margin.
-- Grain:   one row per category or subcategory and delivery; the latest per period is kept
-- Reads:   raw_categories
select
    _record,
    node.id as category_id,
    node.name as category_name,
    node.parent as parent_id,
    coalesce(node.parent, node.id) as root_id,
    if(node.parent is null, array(node.id), array(node.parent, node.id)) as path_ids,
    if(node.parent is null, node.name, concat(name, ' > ', node.name)) as path,
    if(node.parent is null, 1, 2) as depth,
    node.margin as planned_margin,
    cast(_ingest_date as timestamp) as observed_at
from raw_categories
