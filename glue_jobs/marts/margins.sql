-- Purpose: net sales, cost of goods and margin by product, category, top category and brand.
-- Grain:   source, level, name
-- Reads:   fct_order_items, dim_product
with sold as (
    select source, product_id, sum(quantity) as units, sum(net_amount) as net_amount
    from fct_order_items
    where item_kind = 'product' and line_type in ('sale', 'return')
    group by source, product_id
),
costed as (
    select
        source, product_id, category, top_category, brand, units, net_amount,
        if(unit_cost is null, 0, net_amount) as costed_net_amount,
        units * unit_cost as cost_amount
    from sold inner join dim_product using (source, product_id)
),
by_level as (
    select
        source, units, net_amount, costed_net_amount, cost_amount,
        explode(map(
            'product', product_id,
            'category', coalesce(category, '(none)'),
            'top_category', coalesce(top_category, '(none)'),
            'brand', coalesce(brand, '(none)')
        )) as (level, name)
    from costed
),
totals as (
    select
        source, level, name,
        sum(units) as units,
        cast(sum(net_amount) as decimal(18, 4)) as net_amount,
        cast(sum(costed_net_amount) as decimal(18, 4)) as costed_net_amount,
        cast(sum(cost_amount) as decimal(18, 4)) as cost_amount
    from by_level
    group by source, level, name
)
select
    level,
    name,
    units,
    net_amount,
    costed_net_amount,
    cost_amount,
    cast(costed_net_amount - cost_amount as decimal(18, 4)) as margin_amount,
    cast(costed_net_amount - cost_amount as double) / nullif(cast(costed_net_amount as double), 0) as margin_rate,
    source
from totals
