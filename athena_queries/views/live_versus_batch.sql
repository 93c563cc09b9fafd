-- Purpose: Events per day that the live path counted and that the batch loaded, and how far they differ.
-- Grain:   source, event_date
-- Reads:   live_reconciliation
select
    source,
    event_date,
    cast(sum(live_events + late_events + ahead_events) as bigint) as live_events,
    cast(sum(batch_events) as bigint) as batch_events,
    cast(sum(difference) as bigint) as difference,
    cast(sum(late_events) as bigint) as late_events,
    cast(sum(ahead_events) as bigint) as ahead_events,
    cast(sum(live_value - batch_value) as decimal(38, 4)) as value_difference
from live_reconciliation
group by source, event_date
