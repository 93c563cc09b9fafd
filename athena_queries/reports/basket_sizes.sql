-- Purpose: how many different products an order has.
-- Grain:   source, products
-- Reads:   order_products
with sizes as (
    select
        source,
        order_id,
        count(*) as products,
        sum(units) as units
    from order_products
    group by source, order_id
)

select
    source,
    products,
    count(*) as orders,
    cast(sum(units) as double) / count(*) as mean_units
from sizes
group by source, products
order by source asc, products asc
