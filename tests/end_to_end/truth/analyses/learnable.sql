-- Interactions of known users with the 2,000 strongest products.
with strongest as (
    select product_id from truth.strengths group by product_id order by sum(strength) desc, product_id limit 2000
)

select user_id, product_id, strength
from truth.strengths
where user_id is not null and product_id in (from strongest)
order by all
