-- Purpose: sessions, with the funnel steps that each reached in order: view, cart, purchase.
-- Grain:   source, session_id
-- Reads:   events
with visitor_events as (
    select * from events
    where event_type not in ('order', 'refund', 'stock')
),
with_session_id as (
    select
        source, period, coalesce(session_id, event_id) as session_id,
        user_id, event_type, product_id, event_time, event_date
    from visitor_events
    where session_id is not null or user_id is null
),
without_session_id as (
    select
        source, period, user_id, event_type, product_id, event_time, event_date,
        lag(event_time) over (partition by source, user_id order by event_time) as previous_time
    from visitor_events
    where session_id is null and user_id is not null
),
gap_sessions as (
    select
        source, period, user_id, event_type, product_id, event_time, event_date,
        max(if(previous_time is null or event_time > previous_time + interval 30 minutes, event_time, null))
            over (partition by source, user_id order by event_time) as session_start
    from without_session_id
),
session_events as (
    select source, period, session_id, user_id, event_type, product_id, event_time, event_date
    from with_session_id
    union all
    select
        source, period, user_id || '@' || unix_seconds(session_start) as session_id,
        user_id, event_type, product_id, event_time, event_date
    from gap_sessions
),
-- One shuffle and one sort serve these columns, the product count and the grouping that follows.
event_order as (
    select
        source, period, session_id, user_id, event_type, event_time, event_date,
        lag(product_id) over (partition by source, session_id order by product_id) is distinct from product_id
            as is_new_product,
        min(if(event_type = 'view', event_time, null)) over whole_session as first_view_at,
        max(if(event_type = 'purchase', event_time, null)) over whole_session as last_purchase_at
    from session_events
    window whole_session as (
        partition by source, session_id order by product_id
        rows between unbounded preceding and unbounded following
    )
),
sessions as (
    select
        source, session_id,
        min(period) as period,
        min(user_id) as user_id,
        min(event_time) as started_at,
        max(event_time) as ended_at,
        min(struct(event_time, event_date)).event_date as session_date,
        count(*) as events,
        count_if(event_type = 'view') as views,
        count_if(event_type = 'cart') as carts,
        count_if(event_type = 'remove_from_cart') as removes,
        count_if(event_type = 'purchase') as purchases,
        count_if(event_type in ('page', 'search', 'checkout')) as pages,
        count_if(is_new_product) as products,
        count_if(event_type = 'cart' and event_time >= first_view_at) as carts_after_view,
        count_if(event_type = 'cart' and event_time between first_view_at and last_purchase_at) as carts_before_purchase,
        min(first_view_at) as first_view_at,
        min(if(event_type = 'purchase', event_time, null)) as first_purchase_at,
        min(if(event_type = 'purchase' and event_time >= first_view_at, event_time, null)) as purchase_after_view_at
    from event_order
    group by source, session_id
)
select
    session_id,
    user_id,
    started_at,
    ended_at,
    session_date,
    timestampdiff(second, started_at, ended_at) as duration_seconds,
    events,
    views,
    carts,
    removes,
    purchases,
    pages,
    products,
    views > 0 as reached_view,
    carts_after_view > 0 as reached_cart,
    carts_before_purchase > 0 as reached_purchase,
    purchases > 0 as has_purchase,
    first_view_at,
    first_purchase_at,
    timestampdiff(second, first_view_at, purchase_after_view_at) as seconds_view_to_purchase,
    source,
    period
from sessions
