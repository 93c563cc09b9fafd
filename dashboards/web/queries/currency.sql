-- Purpose: the currency of the shop.
-- Grain:   one row
-- Reads:   source_currency
select max(currency) as currency
from source_currency
where source = :source
