-- Purpose: what each order was worth.
-- Grain:   source, order_id
-- Reads:   fct_order_items
select
    source,
    order_id,
    max(customer_id) as customer_id,
    min(order_date) as order_date,
    sum(quantity) as units,
    sum(amount) as gross_amount
from fct_order_items
where line_type = 'sale'
group by source, order_id
