-- Purpose: how many order lines and orders the filters choose, and their revenue.
-- Grain:   one row
-- Reads:   order_lines
select
    count(*) as lines,
    count(distinct case when line_type = 'sale' then order_id end) as orders,
    sum(net_amount) as net_amount
from order_lines
where
    source = :source
    and order_date between :first and :last
    and period between :first_period and :last_period
    and (:category = '' or category = :category)
    and (:brand = '' or brand = :brand)
    and (:segment = '' or customer_segment = :segment)
    and (:subject = '' or product_id = :subject or customer_id = :subject or order_id = :subject)
