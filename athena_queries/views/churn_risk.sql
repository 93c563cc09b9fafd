-- Purpose: how likely each active customer is to leave, as of the newest day that was scored, with what is known about them.
-- Grain:   source, customer_id
-- Reads:   churn_scores, customer_profiles
with newest as (
    select
        source,
        max(as_of) as as_of
    from churn_scores
    group by source
)

select
    s.source,
    s.rank as risk_rank,
    s.customer_id,
    s.churn_probability,
    s.decile as risk_tenth,
    array_join(s.reasons, '; ') as reasons,
    p.rfm_segment,
    p.lifecycle_state,
    p.orders,
    p.net_amount,
    p.last_order_date,
    p.expected_value_90,
    s.horizon_days,
    s.as_of,
    s.model_version
from churn_scores as s
inner join newest as n on s.source = n.source and s.as_of = n.as_of
left join customer_profiles as p on s.source = p.source and s.customer_id = p.customer_id
