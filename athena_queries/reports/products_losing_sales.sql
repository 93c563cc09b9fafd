-- Purpose: products that sold well in the four weeks before, and less than half as fast in the last seven days.
-- Grain:   source, product_id
-- Reads:   product_performance, dim_product
select
    p.source,
    p.product_id,
    coalesce(d.product_name, p.product_id) as product,
    p.units_prior_28_days,
    p.units_last_7_days,
    p.as_of
from product_performance as p
left join dim_product as d on p.source = d.source and p.product_id = d.product_id
where p.units_prior_28_days >= 20 and 8 * p.units_last_7_days < p.units_prior_28_days
order by p.source asc, p.units_prior_28_days desc, p.product_id asc
