-- Purpose: net sales and margin of each category with known costs.
-- Grain:   source, category
-- Reads:   margin_overview
select
    source,
    name as category,
    net_amount,
    costed_net_amount,
    margin_amount,
    margin_rate
from margin_overview
where level = 'category'
order by source asc, margin_amount desc nulls last, category asc
