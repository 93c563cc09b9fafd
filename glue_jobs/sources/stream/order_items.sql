-- Purpose: lines that were sold or returned: of orders and refunds, as the shop's servers report them, and of purchases, as its
--          pages report them. Of an order that both report, the server's lines count.
-- Grain:   one row per line of an order, purchase or refund
-- Reads:   events
with lines as (
    select
        *,
        event_type = 'refund' as is_refund,
        bool_or(event_type = 'order') over (partition by coalesce(order_id, event_id)) as has_order
    from events
    where event_type in ('order', 'purchase', 'refund') and price is not null
)

select
    event_id as order_item_id,
    -- Without an order ID, the purchases of one session on one day are one order.
    coalesce(order_id, concat(coalesce(session_id, event_id), '/', event_date)) as order_id,
    if(is_refund, 'return', 'sale') as line_type,
    -- A refund of money only names no product.
    if(product_id is null, 'adjustment', 'product') as item_kind,
    coalesce(product_id, 'REFUND') as product_id,
    cast(null as string) as product_name,
    if(is_refund, -1, 1) * coalesce(quantity, 1) as quantity,
    price as unit_price,
    cast(if(is_refund, -1, 1) * coalesce(quantity, 1) * price as decimal(18, 4)) as amount,
    cast(null as string) as currency,
    user_id as customer_id,
    cast(null as string) as country,
    session_id,
    event_time as ordered_at,
    event_date as order_date,
    period
from lines
where event_type != 'purchase' or not has_order
