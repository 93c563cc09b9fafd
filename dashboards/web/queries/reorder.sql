-- Purpose: products to reorder now, the most urgent first.
-- Grain:   product
-- Reads:   inventory_alerts
select
    product,
    stock,
    reorder_point,
    demand_mean,
    days_of_cover,
    is_high_demand
from inventory_alerts
where source = :source
order by alert_rank asc
limit 25
