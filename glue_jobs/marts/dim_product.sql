-- Purpose: every product of a source, with its latest attributes.
-- Grain:   source, product_id
-- Reads:   products, categories, dim_date, fct_product_activity, fct_order_items
with attributes as (
    select
        source, product_id,
        max_by(
            struct(product_name, category_id, category, brand, list_price, unit_cost, stock), observed_at
        ) as latest
    from products
    group by source, product_id
),
paths as (
    select source, category_id, max_by(path, observed_at) as tree_path
    from categories
    group by source, category_id
),
activity as (
    select source, product_id, event_date as date from fct_product_activity
    union all
    select source, product_id, order_date as date from fct_order_items
),
-- The calendar ends before days to come; a product that is dated there only is known, but not seen yet.
date_ranges as (
    select source, product_id, min(dim_date.date) as first_seen_date, max(dim_date.date) as last_seen_date
    from activity left join dim_date using (source, date)
    group by source, product_id
),
products_seen as (
    select source, product_id, latest, latest.category_id as category_id, first_seen_date, last_seen_date
    from attributes full outer join date_ranges using (source, product_id)
),
-- A category that the source's tree does not have may still be a path, such as electronics.audio.
with_path as (
    select
        source, product_id, latest, first_seen_date, last_seen_date,
        coalesce(
            tree_path,
            if(
                latest.category rlike '^[a-z0-9_]+([.][a-z0-9_]+)+$',
                replace(latest.category, '.', ' > '),
                latest.category
            )
        ) as category_path
    from products_seen left join paths using (source, category_id)
)
select
    product_id,
    latest.product_name,
    latest.category_id,
    latest.category,
    category_path,
    substring_index(category_path, ' > ', 1) as top_category,
    latest.brand,
    latest.list_price,
    latest.unit_cost,
    latest.stock,
    first_seen_date,
    last_seen_date,
    source
from with_path
