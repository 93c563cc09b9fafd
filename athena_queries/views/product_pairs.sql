-- Purpose: pairs of products frequently viewed or bought together, each pair once.
-- Grain:   source, kind, product_id, other_product_id
-- Reads:   item_pairs, dim_product
select
    i.source,
    i.kind,
    row_number() over (partition by i.source, i.kind order by i.llr desc, i.product_id, i.other_product_id) as pair_rank,
    i.product_id,
    coalesce(a.product_name, i.product_id) as product,
    i.other_product_id,
    coalesce(b.product_name, i.other_product_id) as other_product,
    i.pair_baskets,
    i.confidence,
    i.lift,
    i.llr
from item_pairs i
left join dim_product a on a.source = i.source and a.product_id = i.product_id
left join dim_product b on b.source = i.source and b.product_id = i.other_product_id
where i.product_id < i.other_product_id
