-- Purpose: products to try: those with the highest revenue.
-- Grain:   product_id
-- Reads:   bestsellers
select
    product_id,
    product
from bestsellers
where source = :source
order by revenue_rank asc
limit 5
