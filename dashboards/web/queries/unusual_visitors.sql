-- Purpose: the most unusual sessions and customers that nobody has reviewed yet, and why they are unusual.
-- Grain:   entity, entity_id
-- Reads:   unusual_visitors
select
    entity,
    unusual_rank,
    entity_id,
    customer_id,
    started_at,
    reasons
from unusual_visitors
where source = :source and unusual_rank <= 15
order by entity asc, unusual_rank asc
limit 30
