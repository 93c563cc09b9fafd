-- Purpose: predicted value of the next 90 days, by tenth of the customers, and how far such predictions were off before.
-- Grain:   source, decile
-- Reads:   customer_value, model_metrics
with ranked as (
    select
        source,
        as_of,
        value_method,
        expected_value_90,
        expected_purchases_90,
        probability_alive,
        ntile(10) over (partition by source order by expected_value_90 desc, customer_id asc) as decile
    from customer_value
    where expected_value_90 is not null
),

biases as (
    select
        source,
        score as bias
    from model_metrics
    where job = 'value' and split = 'test' and metric = 'bias_value_90' and is_published
)

select
    ranked.source,
    ranked.decile,
    count(*) as customers,
    sum(ranked.expected_value_90) as predicted_value_90,
    avg(ranked.expected_purchases_90) as mean_purchases_90,
    avg(ranked.probability_alive) as mean_probability_alive,
    max(ranked.as_of) as as_of,
    90 as horizon_days,
    max(ranked.value_method) as method,
    max(biases.bias) as bias
from ranked
left join biases on ranked.source = biases.source
group by ranked.source, ranked.decile
