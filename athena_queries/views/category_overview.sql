-- Purpose: revenue, conversion and margin of every category.
-- Grain:   source, category
-- Reads:   category_performance, margins, dim_product
with category_margins as (
    select source, name as category, margin_rate
    from margins
    where level = 'category'
),

-- Some categories are in several branches of the tree; the first path by name is shown.
paths as (
    select source, coalesce(category, '(none)') as category, min(category_path) as category_path, min(top_category) as top_category
    from dim_product
    group by source, coalesce(category, '(none)')
)

select
    p.source,
    p.category,
    t.category_path,
    t.top_category,
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
left join paths as t on p.source = t.source and p.category = t.category
where p.level = 'category'
