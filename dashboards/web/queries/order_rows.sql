-- Purpose: the order lines behind a figure, the largest first.
-- Grain:   one product line of an order
-- Reads:   order_lines
select
    order_date,
    order_id,
    line_type,
    product,
    category,
    brand,
    quantity,
    net_amount,
    customer_id,
    customer_segment,
    country
from order_lines
where
    source = :source
    and order_date between :first and :last
    and period between :first_period and :last_period
    and (:category = '' or category = :category)
    and (:brand = '' or brand = :brand)
    and (:segment = '' or customer_segment = :segment)
    and (:subject = '' or product_id = :subject or customer_id = :subject or order_id = :subject)
order by abs(net_amount) desc, order_id asc, product asc
limit 500
