-- Purpose: events per day that the live path counted and that the batch loaded.
-- Grain:   event_date
-- Reads:   live_versus_batch
select
    event_date,
    live_events,
    batch_events,
    difference,
    late_events
from live_versus_batch
where source = :source
order by event_date desc
limit 31
