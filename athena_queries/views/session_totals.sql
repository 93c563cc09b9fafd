-- Purpose: how many sessions a shop has, what they hold and how long they last.
-- Grain:   source
-- Reads:   fct_sessions
select
    source,
    count(*) as sessions,
    count(user_id) as sessions_of_known_users,
    count(distinct user_id) as users,
    sum(events) as events,
    avg(events) as mean_events,
    approx_percentile(events, 0.5) as median_events,
    approx_percentile(duration_seconds, 0.5) as median_duration_seconds,
    count_if(events = 1) as single_event_sessions,
    count_if(carts > 0) as cart_sessions,
    count_if(has_purchase) as purchase_sessions,
    cast(count_if(has_purchase) as double) / count(*) as purchase_rate,
    approx_percentile(seconds_view_to_purchase, 0.5) as median_seconds_to_purchase
from fct_sessions
group by source
