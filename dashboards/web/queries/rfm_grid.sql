-- Purpose: customers by how recently, and by how often and for how much, they bought.
-- Grain:   recency_score, value_score
-- Reads:   rfm_grid
select
    recency_score,
    value_score,
    max(segment) as segment,
    sum(customers) as customers,
    sum(net_amount) as net_amount
from rfm_grid
where source = :source
group by recency_score, value_score
order by recency_score asc, value_score asc
limit 25
