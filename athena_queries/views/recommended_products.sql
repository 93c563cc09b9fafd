-- Purpose: the products recommended to each customer, best first.
-- Grain:   source, customer_id, recommendation_rank
-- Reads:   recommendations, dim_product
select
    r.source,
    r.user_id as customer_id,
    r.rank as recommendation_rank,
    r.product_id,
    coalesce(d.product_name, r.product_id) as product,
    d.category,
    d.brand,
    d.list_price,
    r.score,
    r.method
from recommendations as r
left join dim_product as d on r.source = d.source and r.product_id = d.product_id
