-- Purpose: margin of the categories that earn most, where costs are known. Costs are those of today.
-- Grain:   category
-- Reads:   margin_overview
select
    name as category,
    units,
    net_amount,
    margin_amount,
    margin_rate
from margin_overview
where source = :source and level = 'category' and margin_amount is not null
order by margin_amount desc, category asc
limit 15
