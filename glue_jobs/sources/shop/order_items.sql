-- Purpose: lines sold and lines returned.
-- Grain:   one row per order line
-- Reads:   raw_order_lines
select
    _record,
    concat(order_id, '/', line_no) as order_item_id,
    order_id,
    line_type,
    'product' as item_kind,
    product_id,
    product_name,
    quantity,
    unit_price,
    cast(quantity * unit_price as decimal(18, 4)) as amount,
    'EUR' as currency,
    customer_id,
    country,
    session_id,
    ordered_at,
    cast(ordered_at_local as date) as order_date
from raw_order_lines
