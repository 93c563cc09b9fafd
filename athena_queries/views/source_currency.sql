-- Purpose: the currency of every shop.
-- Grain:   source
-- Reads:   fct_order_items
select
    source,
    max(currency) as currency
from fct_order_items
group by source
