-- Purpose: revenue, conversion and margin of every top category.
-- Grain:   source, top_category
-- Reads:   category_performance, margins
with category_margins as (
    select source, name as category, margin_rate
    from margins
    where level = 'top_category'
)

select
    p.source,
    p.category as top_category,
    row_number() over (partition by p.source order by p.net_amount desc, p.category asc) as revenue_rank,
    p.products,
    p.views,
    p.carts,
    p.purchases,
    p.orders,
    p.units,
    p.net_amount,
    p.share_of_net,
    cast(p.carts as double) / nullif(p.views, 0) as view_to_cart_rate,
    cast(p.purchases as double) / nullif(p.views, 0) as view_to_purchase_rate,
    m.margin_rate
from category_performance as p
left join category_margins as m on p.source = m.source and p.category = m.category
where p.level = 'top_category'
