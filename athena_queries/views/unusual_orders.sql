-- Purpose: orders that a person should look at, the most unusual first, as of the newest day that was scored.
-- Grain:   source, order_id
-- Reads:   anomaly_scores
with newest as (
    select
        source,
        max(as_of) as as_of
    from anomaly_scores
    where entity = 'order'
    group by source
)

select
    s.source,
    row_number() over (partition by s.source order by s.rank asc) as unusual_rank,
    s.entity_id as order_id,
    s.customer_id,
    s.happened_at as ordered_at,
    s.amount as order_amount,
    s.units,
    array_join(s.reasons, '; ') as reasons,
    s.anomaly_score,
    s.as_of,
    s.model_version
from anomaly_scores as s
inner join newest as n on s.source = n.source and s.as_of = n.as_of
where s.is_alert and s.entity = 'order'
