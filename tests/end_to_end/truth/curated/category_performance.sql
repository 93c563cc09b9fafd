-- Views and sales by current category and top category; a product counts if it has a product line or an event.
with grouped as (
    select product_id, 'category' as level, ifnull(category, '(none)') as category from truth.dim_product
    union all
    select product_id, 'top_category', ifnull(top_category, '(none)') from truth.dim_product
),

interest as (
    select
        level, grouped.category,
        count(*) filter (event_type = 'view') as views,
        count(*) filter (event_type = 'cart') as carts,
        count(*) filter (event_type = 'purchase') as purchases
    from events
    join grouped on events.product_id = grouped.product_id
    group by level, grouped.category
),

sales as (
    select
        level, category,
        count(distinct order_id) filter (line_type = 'sale') as orders,
        sum(quantity) filter (line_type = 'sale') as units,
        sum(amount) filter (line_type = 'sale') as gross_amount,
        -sum(amount) filter (line_type = 'return') as returned_amount,
        sum(discount_amount) as discount_amount,
        sum(net_amount) as net_amount
    from truth.fct_order_items
    join grouped using (product_id)
    where item_kind = 'product'
    group by level, category
),

active as (
    select product_id from events where event_type <> 'page'
    union
    select product_id from order_items where item_kind = 'product'
),

sizes as (
    select level, category, count(*) as products from active join grouped using (product_id) group by level, category
),

total as (
    select sum(net_amount) as net from truth.fct_order_items where item_kind = 'product'
),

filled as (
    select level, category, products, coalesce(columns(* exclude (level, category, products)), 0)
    from sizes
    left join interest using (level, category)
    left join sales using (level, category)
)

select
    * exclude (net),
    cast(net_amount as double) / cast(nullif(net, 0) as double) as share_of_net
from filled, total
