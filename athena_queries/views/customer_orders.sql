-- Purpose: what each known customer bought, before returns.
-- Grain:   source, customer_id
-- Reads:   fct_order_items
select
    source,
    customer_id,
    count(distinct order_id) as orders,
    sum(quantity) as units,
    sum(gross_amount) as gross_amount
from fct_order_items
where line_type = 'sale' and item_kind = 'product' and customer_id is not null
group by source, customer_id
