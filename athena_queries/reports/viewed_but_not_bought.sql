-- Purpose: products with many views and no order.
-- Grain:   source, product_id
-- Reads:   product_performance, dim_product
-- Parameters: fewest views | 100
select
    p.source,
    p.product_id,
    coalesce(d.product_name, p.product_id) as product,
    d.list_price,
    p.views,
    p.carts
from product_performance as p
left join dim_product as d on p.source = d.source and p.product_id = d.product_id
where p.views >= ? and coalesce(p.orders, 0) = 0
order by p.source asc, p.views desc, p.product_id asc
