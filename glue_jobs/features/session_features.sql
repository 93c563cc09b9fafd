-- Purpose: the pace and extent of each session, and how it follows the visitor's earlier ones.
-- Grain:   source, session_id
-- Reads:   fct_sessions
with visits as (
    select *, coalesce(user_id, session_id) as visitor, unix_seconds(started_at) as moment
    from fct_sessions
),
histories as (
    select
        *,
        count(*) over earlier as sessions_before,
        lag(moment) over (partition by visitor order by moment, session_id) as last_moment,
        count(*) over last_day as sessions_last_day
    from visits
    window
        earlier as (partition by visitor order by moment, session_id rows between unbounded preceding and 1 preceding),
        last_day as (partition by visitor order by moment range between 86400 preceding and current row)
)
select
    session_id,
    user_id,
    started_at,
    ended_at,
    events,
    duration_seconds,
    views,
    products,
    carts,
    removes,
    purchases,
    events / (1 + duration_seconds / 60.0D) as events_per_minute,
    cast(carts as double) / greatest(views, 1) as carts_per_view,
    cast(products as double) / events as products_per_event,
    cast(coalesce(sessions_before, 0) as bigint) as sessions_before,
    cast(moment - last_moment as double) / 3600 as hours_since_last_session,
    cast(sessions_last_day as bigint) as sessions_last_day,
    cast(hour(started_at) as int) as start_hour
from histories
