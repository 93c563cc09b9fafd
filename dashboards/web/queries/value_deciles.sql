-- Purpose: predicted revenue of the next 90 days by tenth of the customers.
-- Grain:   decile
-- Reads:   value_deciles
select
    decile,
    customers,
    predicted_value_90,
    mean_purchases_90,
    mean_probability_alive
from value_deciles
where source = :source
order by decile asc
limit 10
