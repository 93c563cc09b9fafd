-- Purpose: every product line of every order, with what the product is and who bought it.
-- Grain:   source, order_item_id, ordered_at
-- Reads:   fct_order_items, dim_product, rfm
select
    i.source,
    i.order_item_id,
    i.order_id,
    i.ordered_at,
    i.order_date,
    i.line_type,
    i.product_id,
    coalesce(d.product_name, i.product_name, i.product_id) as product,
    coalesce(d.category, '(none)') as category,
    coalesce(d.brand, '(none)') as brand,
    i.customer_id,
    coalesce(i.country, '(unknown)') as country,
    coalesce(r.segment, '(no segment)') as customer_segment,
    i.quantity,
    i.gross_amount,
    i.returned_amount,
    i.discount_amount,
    i.net_amount,
    i.period
from fct_order_items as i
left join dim_product as d on i.source = d.source and i.product_id = d.product_id
left join rfm as r on i.source = r.source and i.customer_id = r.customer_id
where i.item_kind = 'product' and i.line_type in ('sale', 'return')
