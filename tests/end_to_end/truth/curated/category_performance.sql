-- Views and sales by current category; a product counts if it has a product line or an event.
with grouped as (
    select product_id, coalesce(category, '(none)') as category from truth.dim_product
),

interest as (
    select
        grouped.category,
        count(*) filter (event_type = 'view') as views,
        count(*) filter (event_type = 'cart') as carts,
        count(*) filter (event_type = 'purchase') as purchases
    from events
    join grouped on events.product_id = grouped.product_id
    group by grouped.category
),

sales as (
    select
        category,
        count(distinct order_id) filter (line_type = 'sale') as orders,
        sum(quantity) filter (line_type = 'sale') as units,
        sum(amount) filter (line_type = 'sale') as gross_amount,
        -sum(amount) filter (line_type = 'return') as returned_amount,
        sum(discount_amount) as discount_amount,
        sum(net_amount) as net_amount
    from truth.fct_order_items
    join grouped using (product_id)
    where item_kind = 'product'
    group by category
),

active as (
    select product_id from events where event_type <> 'page'
    union
    select product_id from order_items where item_kind = 'product'
),

sizes as (
    select category, count(*) as products from active join grouped using (product_id) group by category
),

total as (
    select sum(net_amount) as net from truth.fct_order_items where item_kind = 'product'
),

filled as (
    select category, products, coalesce(columns(* exclude (category, products)), 0)
    from sizes
    left join interest using (category)
    left join sales using (category)
)

select
    * exclude (net),
    cast(net_amount as double) / cast(nullif(net, 0) as double) as share_of_net
from filled, total
