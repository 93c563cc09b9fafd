-- Purpose: pairs of products frequently viewed or bought together, each pair once.
-- Grain:   source, kind, product_id, other_product_id
-- Reads:   item_pairs, dim_product
select
    i.source,
    i.kind,
    row_number() over (partition by i.source, i.kind order by i.llr desc, i.product_id asc, i.other_product_id asc) as pair_rank,
    i.product_id,
    coalesce(a.product_name, i.product_id) as product,
    i.other_product_id,
    coalesce(b.product_name, i.other_product_id) as other_product,
    i.pair_baskets,
    i.confidence,
    i.lift,
    i.llr
from item_pairs as i
left join dim_product as a on i.source = a.source and i.product_id = a.product_id
left join dim_product as b on i.source = b.source and i.other_product_id = b.product_id
where i.product_id < i.other_product_id
