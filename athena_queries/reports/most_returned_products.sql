-- Purpose: products with the largest share of units returned, of those that sold at least so many units.
-- Grain:   source, product_id
-- Reads:   bestsellers
-- Parameters: fewest units | 20
select
    source,
    product_id,
    product,
    units,
    returned_units,
    cast(returned_units as double) / units as returned_share
from bestsellers
where units >= ? and returned_units > 0
order by source asc, returned_share desc, product_id asc
