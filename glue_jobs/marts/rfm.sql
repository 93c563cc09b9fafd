-- Purpose: recency, frequency and monetary value of each customer, as of the source's last day.
-- Grain:   source, customer_id
-- Reads:   rfm_monthly
with with_last_day as (
    select *, max(as_of) over (partition by source) as last_day
    from rfm_monthly
)
select
    customer_id,
    as_of,
    recency_days,
    frequency,
    monetary_amount,
    last_order_date,
    recency_score,
    frequency_score,
    monetary_score,
    rfm_score,
    segment,
    source
from with_last_day
where as_of = last_day
