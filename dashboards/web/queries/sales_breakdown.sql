-- Purpose: orders and revenue of the period by category, brand, customer segment and country, the 15 largest of each.
-- Grain:   kind, name
-- Reads:   daily_orders
with named as (
    select
        b.kind,
        b.name,
        o.order_id,
        o.sale_lines,
        o.units,
        o.net_amount
    from daily_orders as o
    cross join
        unnest(
            array['category', 'brand', 'segment', 'country'],
            array[o.category, o.brand, o.customer_segment, o.country]
        ) as b (kind, name)  -- noqa: AL05
    where
        o.source = :source
        and o.order_date between :first and :last
        and o.period between :first_period and :last_period
        and (:category = '' or o.category = :category)
        and (:brand = '' or o.brand = :brand)
        and (:segment = '' or o.customer_segment = :segment)
),

totals as (
    select
        kind,
        name,
        count(distinct case when sale_lines > 0 then order_id end) as orders,
        sum(case when sale_lines > 0 then units end) as units,
        sum(net_amount) as net_amount
    from named
    group by kind, name
),

ranked as (
    select
        kind,
        name,
        orders,
        units,
        net_amount,
        cast(net_amount as double) / nullif(cast(sum(net_amount) over (partition by kind) as double), 0) as net_share,
        row_number() over (partition by kind order by net_amount desc, name asc) as place
    from totals
)

select
    kind,
    name,
    orders,
    units,
    net_amount,
    net_share
from ranked
where place <= 15
order by kind asc, place asc
limit 60
