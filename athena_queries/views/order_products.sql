-- Purpose: which products were bought in which order.
-- Grain:   source, order_id, product_id
-- Reads:   fct_order_items
select
    source,
    order_id,
    product_id,
    sum(quantity) as units
from fct_order_items
where line_type = 'sale' and item_kind = 'product'
group by source, order_id, product_id
