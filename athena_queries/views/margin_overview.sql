-- Purpose: net sales, costs and margin of products, categories and brands.
-- Grain:   source, level, name
-- Reads:   margins
select
    source,
    level,
    name,
    units,
    net_amount,
    costed_net_amount,
    cost_amount,
    margin_amount,
    margin_rate
from margins
