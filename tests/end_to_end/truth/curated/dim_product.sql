-- Every product of the source with its latest attributes. How ties at one time are resolved is checked in products.
with ids as (
    select product_id from observed_products
    union
    select product_id from events where event_type <> 'page'
    union
    select product_id from order_items
),

dates as (
    select product_id, event_date as date from events where event_type <> 'page'
    union all
    select product_id, order_date from order_items
),

spans as (
    select
        product_id,
        min(date) filter (date <= (select max(date) from truth.dim_date)) as first_seen_date,
        max(date) filter (date <= (select max(date) from truth.dim_date)) as last_seen_date
    from dates
    group by product_id
),

-- The tree of categories, or the parts of a category like electronics.audio.
trees as (
    select distinct on (category_id) category_id, path from truth.categories order by category_id, observed_at desc
),

newest as (
    select distinct on (product_id) * from truth.products order by product_id, observed_at desc
)

select
    product_id, product_name, category_id, category,
    coalesce(path, if(regexp_full_match(category, '[a-z0-9_]+([.][a-z0-9_]+)+'), array_to_string(string_split(category, '.'), ' > '), category))
        as category_path,
    string_split(category_path, ' > ')[1] as top_category,
    brand, list_price, unit_cost, stock, first_seen_date, last_seen_date
from ids
left join newest using (product_id)
left join spans using (product_id)
left join trees using (category_id)
