-- Purpose: the products recommended to one customer; those for everybody else, if the customer has no list.
-- Grain:   recommendation_rank
-- Reads:   recommended_products
with lists as (
    select
        customer_id,
        recommendation_rank,
        product_id,
        product,
        category,
        brand,
        list_price,
        method,
        bool_or(customer_id = :subject) over () as has_own_list
    from recommended_products
    where source = :source and (customer_id = :subject or customer_id = '(new)')
)

select
    recommendation_rank,
    product_id,
    product,
    category,
    brand,
    list_price,
    method
from lists
where (customer_id = :subject) = has_own_list
order by recommendation_rank asc
limit 20
