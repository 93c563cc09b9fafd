-- Purpose: how much of the stock must be reordered, and how much does not sell.
-- Grain:   source
-- Reads:   inventory_status
select
    source,
    max(as_of) as as_of,
    count(stock) as products_with_stock,
    count_if(needs_reorder) as reorder_products,
    count_if(is_high_demand_low_stock) as urgent_products,
    count_if(age_class = 'dead') as dead_products,
    sum(case when age_class = 'dead' then stock_value end) as dead_stock_value
from inventory_status
group by source
