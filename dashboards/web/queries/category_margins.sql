-- Purpose: margin of the categories with the highest revenue, where costs are known.
-- Grain:   category
-- Reads:   category_overview
select
    category,
    net_amount,
    margin_rate
from category_overview
where source = :source and margin_rate is not null
order by revenue_rank asc
limit 15
