-- Purpose: how many products, categories and brands a shop has.
-- Grain:   source
-- Reads:   dim_product
select
    source,
    count(*) as products,
    count(distinct category) as categories,
    count(distinct brand) as brands
from dim_product
group by source
