-- Purpose: sessions by number of events, and how often they end in a purchase, over all days.
-- Grain:   events_per_session
-- Reads:   session_lengths
select
    events_per_session,
    sessions,
    purchase_rate,
    mean_duration_seconds
from session_lengths
where source = :source
order by length_order asc
limit 20
