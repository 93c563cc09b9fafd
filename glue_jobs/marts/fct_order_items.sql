-- Purpose: every order line, with its contribution to gross, returned and net sales.
-- Grain:   source, order_item_id, ordered_at
-- Reads:   order_items
select
    order_item_id,
    order_id,
    line_type,
    item_kind,
    product_id,
    product_name,
    quantity,
    unit_price,
    amount,
    currency,
    customer_id,
    country,
    session_id,
    ordered_at,
    order_date,
    cast(if(line_type = 'sale', amount, 0) as decimal(18, 4)) as gross_amount,
    cast(if(line_type = 'return', -amount, 0) as decimal(18, 4)) as returned_amount,
    cast(if(line_type in ('sale', 'return'), amount, 0) as decimal(18, 4)) as net_amount,
    source,
    period
from order_items
