-- Purpose: how many events of each type were loaded, and from when to when.
-- Grain:   source, event_type
-- Reads:   events
select
    source,
    event_type,
    count(*) as events,
    min(event_time) as first_event_time,
    max(event_time) as last_event_time
from events
group by source, event_type
order by source, event_type
