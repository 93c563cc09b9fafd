-- Number, length and conversion of sessions per day.
select
    session_date as date,
    count(*) as sessions,
    count(distinct user_id) as users,
    sum(events) as events,
    sum(events) / count(*) as average_events,
    sum(duration_seconds) / count(*) as average_duration_seconds,
    cast(quantile_cont(cast(duration_seconds as double), 0.5) as double) as median_duration_seconds,
    count(*) filter (events = 1) as single_event_sessions,
    count(*) filter (has_purchase) as converted_sessions,
    count(*) filter (has_purchase) / count(*) as conversion_rate,
    cast(quantile_cont(cast(seconds_view_to_purchase as double), 0.5) as double) as median_seconds_to_purchase
from truth.fct_sessions
group by session_date
