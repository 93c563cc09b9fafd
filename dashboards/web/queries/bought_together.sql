-- Purpose: pairs of products that are bought together more often than chance would have it.
-- Grain:   product, other_product
-- Reads:   product_pairs
select
    product,
    other_product,
    pair_baskets,
    confidence,
    lift
from product_pairs
where source = :source and kind = 'purchase'
order by pair_rank asc
limit 15
