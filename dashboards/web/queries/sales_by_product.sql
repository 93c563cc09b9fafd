-- Purpose: the products with the highest revenue in the period.
-- Grain:   product_id
-- Reads:   order_lines
select
    product_id,
    max(product) as product,
    max(category) as category,
    max(brand) as brand,
    count(distinct case when line_type = 'sale' then order_id end) as orders,
    sum(case when line_type = 'sale' then quantity end) as units,
    -sum(case when line_type = 'return' then quantity end) as returned_units,
    sum(net_amount) as net_amount
from order_lines
where
    source = :source
    and line_type <> 'discount'
    and order_date between :first and :last
    and period between :first_period and :last_period
    and (:category = '' or category = :category)
    and (:brand = '' or brand = :brand)
    and (:segment = '' or customer_segment = :segment)
group by product_id
order by net_amount desc, product_id asc
limit 25
