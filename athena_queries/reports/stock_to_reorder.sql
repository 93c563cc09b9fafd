-- Purpose: products to reorder now, the most urgent first.
-- Grain:   source, product_id
-- Reads:   inventory_alerts
select
    source,
    alert_rank,
    product_id,
    product,
    stock,
    reorder_point,
    days_of_cover
from inventory_alerts
order by source asc, alert_rank asc
