-- Each order, summed over its lines of a period. A sale outranks a return, then an adjustment, then a write-off.
select
    order_id,
    ['sale', 'return', 'adjustment', 'write_off'][
        min(list_position(['sale', 'return', 'adjustment', 'write_off'], line_type))
    ] as order_type,
    min(customer_id) as customer_id,
    min(country) as country,
    min(currency) as currency,
    min(session_id) as session_id,
    count(*) as lines,
    sum(quantity) as units,
    sum(amount) as amount,
    min(ordered_at) as ordered_at,
    min(order_date) as order_date,
    period
from order_items
group by order_id, period
