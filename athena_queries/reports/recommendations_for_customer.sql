-- Purpose: what to recommend to a customer.
-- Grain:   source, customer_id, product_id
-- Reads:   recommended_products
-- Parameters: customer | '17850'
select
    source,
    recommendation_rank,
    product_id,
    product,
    category,
    list_price,
    method
from recommended_products
where customer_id = ?
order by source asc, recommendation_rank asc
