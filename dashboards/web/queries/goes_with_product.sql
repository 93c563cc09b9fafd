-- Purpose: products that go with one product, bought or viewed together.
-- Grain:   kind, product_id
-- Reads:   product_pairs
with both_ways as (
    select kind, other_product_id as product_id, other_product as product, pair_baskets, lift, llr
    from product_pairs
    where source = :source and product_id = :subject
    union all
    select kind, product_id, product, pair_baskets, lift, llr
    from product_pairs
    where source = :source and other_product_id = :subject
)

select
    kind,
    product_id,
    product,
    pair_baskets,
    lift
from both_ways
order by llr desc, product_id asc
limit 20
