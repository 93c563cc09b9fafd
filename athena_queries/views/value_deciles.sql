-- Purpose: predicted value of the next 90 days, by tenth of the customers.
-- Grain:   source, decile
-- Reads:   customer_value
with ranked as (
    select
        source,
        expected_value_90,
        expected_purchases_90,
        probability_alive,
        ntile(10) over (partition by source order by expected_value_90 desc, customer_id asc) as decile
    from customer_value
    where expected_value_90 is not null
)

select
    source,
    decile,
    count(*) as customers,
    sum(expected_value_90) as predicted_value_90,
    avg(expected_purchases_90) as mean_purchases_90,
    avg(probability_alive) as mean_probability_alive
from ranked
group by source, decile
