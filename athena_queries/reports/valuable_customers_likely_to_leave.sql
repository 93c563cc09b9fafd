-- Purpose: of the three tenths of customers most likely to leave, the fifty with the highest net sales, and why.
-- Grain:   source, customer_id
-- Reads:   churn_risk
with ranked as (
    select
        source,
        customer_id,
        churn_probability,
        net_amount,
        rfm_segment,
        last_order_date,
        reasons,
        row_number() over (partition by source order by net_amount desc nulls last, customer_id asc) as value_rank
    from churn_risk
    where risk_tenth <= 3
)

select
    source,
    value_rank,
    customer_id,
    churn_probability,
    net_amount,
    rfm_segment,
    last_order_date,
    reasons
from ranked
where value_rank <= 50
order by source asc, value_rank asc
