-- Purpose: sessions of each day, with the steps of the funnel, for trends over time.
-- Grain:   source, session_date
-- Reads:   session_daily, funnel_daily
select
    s.source,
    s.date as session_date,
    s.sessions,
    s.users,
    s.events,
    s.single_event_sessions,
    s.converted_sessions as purchase_sessions,
    s.conversion_rate as purchase_rate,
    f.reached_view,
    f.reached_cart,
    f.reached_purchase,
    s.median_duration_seconds
from session_daily as s
left join funnel_daily as f on s.source = f.source and s.date = f.date
