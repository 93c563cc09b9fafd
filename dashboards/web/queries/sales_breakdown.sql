-- Purpose: orders and revenue of the period by category, brand, customer segment and country, the 15 largest of each.
-- Grain:   kind, name
-- Reads:   order_lines
with named as (
    select
        b.kind,
        b.name,
        l.order_id,
        l.line_type,
        l.quantity,
        l.net_amount
    from order_lines as l
    cross join
        unnest(
            array['category', 'brand', 'segment', 'country'],
            array[l.category, l.brand, l.customer_segment, l.country]
        ) as b (kind, name)  -- noqa: AL05
    where
        l.source = :source
        and l.order_date between :first and :last
        and l.period between :first_period and :last_period
        and (:category = '' or l.category = :category)
        and (:brand = '' or l.brand = :brand)
        and (:segment = '' or l.customer_segment = :segment)
),

totals as (
    select
        kind,
        name,
        count(distinct case when line_type = 'sale' then order_id end) as orders,
        sum(case when line_type = 'sale' then quantity end) as units,
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
