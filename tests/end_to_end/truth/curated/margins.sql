-- Product lines with the cost of their product, summed by product, category, top category and brand.
with lines as (
    select
        product_id, ifnull(category, '(none)') as category, ifnull(top_category, '(none)') as top_category,
        ifnull(brand, '(none)') as brand,
        quantity, net_amount as amount, unit_cost, quantity * unit_cost as cost
    from truth.fct_order_items
    left join truth.dim_product using (product_id)
    where item_kind = 'product' and line_type in ('sale', 'return')
),

levels as (
    select 'product' as level, product_id as name, * from lines
    union all
    select 'category', category, * from lines
    union all
    select 'top_category', top_category, * from lines
    union all
    select 'brand', brand, * from lines
)

select
    level, name,
    sum(quantity) as units,
    sum(amount) as net_amount,
    ifnull(sum(amount) filter (unit_cost is not null), 0) as costed_net_amount,
    sum(cost) as cost_amount,
    sum(amount) filter (unit_cost is not null) - sum(cost) as margin_amount,
    cast(sum(amount) filter (unit_cost is not null) - sum(cost) as double)
    / nullif(cast(sum(amount) filter (unit_cost is not null) as double), 0) as margin_rate
from levels
group by level, name
