-- Interactions of known users with the 2,000 strongest products, with the half-life of the factor model.
with weighted as (
    select strengths.* from truth.strengths inner join truth.methods using (half_life) where model = 'als'
),

strongest as (
    select product_id from weighted group by product_id order by sum(strength) desc, product_id limit 2000
)

select user_id, product_id, strength
from weighted
where user_id is not null and product_id in (from strongest)
order by all
