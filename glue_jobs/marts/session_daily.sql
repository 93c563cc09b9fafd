-- Purpose: number, length and conversion of sessions per day.
-- Grain:   source, date
-- Reads:   fct_sessions
with days as (
    select
        source, session_date as date,
        count(*) as sessions,
        count(distinct user_id) as users,
        sum(events) as events,
        avg(events) as average_events,
        avg(duration_seconds) as average_duration_seconds,
        percentile(duration_seconds, 0.5) as median_duration_seconds,
        count_if(events = 1) as single_event_sessions,
        count_if(has_purchase) as converted_sessions,
        percentile(seconds_view_to_purchase, 0.5) as median_seconds_to_purchase
    from fct_sessions
    group by source, session_date
)
select
    date,
    sessions,
    users,
    events,
    average_events,
    average_duration_seconds,
    median_duration_seconds,
    single_event_sessions,
    converted_sessions,
    converted_sessions / sessions as conversion_rate,
    median_seconds_to_purchase,
    source
from days
