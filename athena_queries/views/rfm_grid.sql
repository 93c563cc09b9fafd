-- Purpose: customers by how recently, and by how often and for how much, they bought.
-- Grain:   source, recency_score, value_score
-- Reads:   rfm
with scored as (
    select
        source,
        recency_score,
        cast(floor((frequency_score + monetary_score) / 2.0 + 0.5) as integer) as value_score,
        segment,
        monetary_amount
    from rfm
)

select
    source,
    recency_score,
    value_score,
    segment,
    count(*) as customers,
    sum(monetary_amount) as net_amount
from scored
group by source, recency_score, value_score, segment
