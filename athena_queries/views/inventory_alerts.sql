-- Purpose: products to reorder now, the most urgent first.
-- Grain:   source, product_id
-- Reads:   inventory_status, dim_product
select
    i.source,
    i.product_id,
    coalesce(d.product_name, i.product_id) as product,
    row_number() over (
        partition by i.source
        order by i.is_high_demand desc, i.days_of_cover asc, i.demand_mean desc, i.product_id asc
    ) as alert_rank,
    i.stock,
    i.reorder_point,
    i.demand_mean,
    i.days_of_cover,
    i.is_high_demand
from inventory_status as i
left join dim_product as d on i.source = d.source and i.product_id = d.product_id
where i.needs_reorder
