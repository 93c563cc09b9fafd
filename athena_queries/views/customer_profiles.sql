-- Purpose: what is known about each customer who ordered: orders, RFM segment, lifecycle and predicted value.
-- Grain:   source, customer_id
-- Reads:   dim_customer, rfm, customer_lifecycle, customer_value
select
    c.source,
    c.customer_id,
    c.country,
    c.first_order_date,
    c.last_order_date,
    c.orders,
    c.net_amount,
    r.rfm_score,
    r.segment as rfm_segment,
    l.state as lifecycle_state,
    l.days_since_order,
    v.expected_value_90,
    v.probability_alive
from dim_customer as c
left join rfm as r on c.source = r.source and c.customer_id = r.customer_id
left join customer_lifecycle as l on c.source = l.source and c.customer_id = l.customer_id
left join customer_value as v on c.source = v.source and c.customer_id = v.customer_id
where c.orders > 0
