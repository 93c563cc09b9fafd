-- Purpose: what each order of products was worth.
-- Grain:   source, order_id
-- Reads:   fct_order_items
select
    source,
    order_id,
    max(customer_id) as customer_id,
    min(order_date) as order_date,
    sum(quantity) as units,
    sum(gross_amount) as gross_amount,
    sum(discount_amount) as discount_amount,
    bool_or(gross_amount > 0) as is_paid
from fct_order_items
where line_type = 'sale' and item_kind = 'product'
group by source, order_id
