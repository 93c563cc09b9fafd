-- Purpose: views, sales and share of revenue by category, and by top category.
-- Grain:   source, level, category
-- Reads:   dim_product, product_performance, fct_order_items
with levels as (
    select
        source, product_id,
        explode(map(
            'category', coalesce(category, '(none)'),
            'top_category', coalesce(top_category, '(none)')
        )) as (level, category)
    from dim_product
),
totals as (
    select
        source, level, category,
        count(*) as products,
        sum(views) as views,
        sum(carts) as carts,
        sum(purchases) as purchases,
        sum(units) as units,
        sum(gross_amount) as gross_amount,
        sum(returned_amount) as returned_amount,
        sum(discount_amount) as discount_amount,
        sum(net_amount) as net_amount
    from product_performance inner join levels using (source, product_id)
    group by source, level, category
),
-- An order with two products of a category counts once, so the orders of its products do not add up.
order_counts as (
    select source, level, category, count(distinct order_id) as orders
    from fct_order_items inner join levels using (source, product_id)
    where line_type = 'sale' and item_kind = 'product'
    group by source, level, category
)
select
    level,
    category,
    products,
    views,
    carts,
    purchases,
    coalesce(orders, 0) as orders,
    units,
    cast(gross_amount as decimal(18, 4)) as gross_amount,
    cast(returned_amount as decimal(18, 4)) as returned_amount,
    cast(discount_amount as decimal(18, 4)) as discount_amount,
    cast(net_amount as decimal(18, 4)) as net_amount,
    cast(net_amount as double) / nullif(cast(sum(net_amount) over (partition by source, level) as double), 0)
        as share_of_net,
    source
from totals left join order_counts using (source, level, category)
