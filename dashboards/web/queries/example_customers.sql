-- Purpose: customers to try: those with the highest revenue.
-- Grain:   customer_id
-- Reads:   customer_ranking
select customer_id
from customer_ranking
where source = :source
order by revenue_rank asc
limit 5
