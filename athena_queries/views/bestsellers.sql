-- Purpose: products that were sold, by revenue.
-- Grain:   source, product_id
-- Reads:   product_performance, dim_product
select
    p.source,
    p.product_id,
    coalesce(d.product_name, p.product_id) as product,
    d.category,
    d.brand,
    row_number() over (partition by p.source order by p.revenue_rank, p.product_id) as revenue_rank,
    p.orders,
    p.units,
    p.returned_units,
    p.net_amount,
    p.views
from product_performance as p
left join dim_product as d on p.source = d.source and p.product_id = d.product_id
where p.revenue_rank is not null
