-- Purpose: every product line of every order and every discount that no product takes, with what was bought and by whom.
-- Grain:   source, order_item_id, ordered_at
-- Reads:   fct_order_items, dim_product, rfm
select
    i.source,
    i.order_item_id,
    i.order_id,
    i.ordered_at,
    i.order_date,
    case when i.item_kind = 'discount' then 'discount' else i.line_type end as line_type,
    i.product_id,
    coalesce(d.product_name, i.product_name, i.product_id) as product,
    coalesce(d.category, '(none)') as category,
    coalesce(d.brand, '(none)') as brand,
    i.customer_id,
    coalesce(i.country, '(unknown)') as country,
    coalesce(r.segment, '(no segment)') as customer_segment,
    case when i.item_kind = 'discount' then 0 else i.quantity end as quantity,
    i.gross_amount,
    i.returned_amount,
    i.discount_amount,
    i.net_amount,
    i.period
from fct_order_items as i
left join dim_product as d on i.source = d.source and i.product_id = d.product_id
left join rfm as r on i.source = r.source and i.customer_id = r.customer_id
where
    i.line_type in ('sale', 'return')
    and (i.item_kind = 'product' or (i.item_kind = 'discount' and i.discount_amount <> 0))
