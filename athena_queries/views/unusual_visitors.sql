-- Purpose: sessions and customers that a person should look at, the most unusual first, as of the newest day that was scored.
-- Grain:   source, entity, entity_id
-- Reads:   anomaly_scores
with newest as (
    select
        source,
        entity,
        max(as_of) as as_of
    from anomaly_scores
    where entity <> 'order'
    group by source, entity
)

select
    s.source,
    s.entity,
    row_number() over (partition by s.source, s.entity order by s.rank asc) as unusual_rank,
    s.entity_id,
    s.customer_id,
    s.happened_at as started_at,
    array_join(s.reasons, '; ') as reasons,
    s.anomaly_score,
    s.as_of,
    s.model_version
from anomaly_scores as s
inner join newest as n on s.source = n.source and s.entity = n.entity and s.as_of = n.as_of
where s.is_alert
