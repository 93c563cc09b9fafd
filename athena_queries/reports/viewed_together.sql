-- Purpose: products that are frequently viewed in one session, the strongest pairs first.
-- Grain:   source, product_id, other_product_id
-- Reads:   product_pairs
select
    source,
    product,
    other_product,
    pair_baskets,
    confidence,
    lift
from product_pairs
where kind = 'view'
order by source asc, pair_rank asc
