-- Purpose: every product a source ever named, as last described.
-- Grain:   source, product_id
-- Reads:   products, fct_product_activity, fct_order_items
with described as (
    select
        source, product_id,
        max_by(
            struct(product_name, category_id, category, brand, list_price, unit_cost, stock), observed_at
        ) as newest
    from products
    group by source, product_id
),
mentioned as (
    select source, product_id, event_date as date from fct_product_activity
    union all
    select source, product_id, order_date as date from fct_order_items
),
seen as (
    select source, product_id, min(date) as first_seen_date, max(date) as last_seen_date
    from mentioned
    group by source, product_id
)
select
    product_id,
    newest.product_name,
    newest.category_id,
    newest.category,
    newest.brand,
    newest.list_price,
    newest.unit_cost,
    newest.stock,
    first_seen_date,
    last_seen_date,
    source
from described full outer join seen using (source, product_id)
