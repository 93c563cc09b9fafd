-- Every session: by the source's session_id, else by gaps of more than 30 minutes per user, else one per event.
with with_gaps as (
    select *, event_time - lag(event_time) over (partition by user_id order by event_time) > interval 30 minutes as after_gap
    from events
    where session_id is null and user_id is not null
),

numbered as (
    select
        * exclude (after_gap),
        sum(if(coalesce(after_gap, true), 1, 0)) over (partition by user_id order by event_time) as visit
    from with_gaps
),

session_events as (
    select session_id as visit_id, * exclude (event_id) from events where session_id is not null
    union all by name
    select
        user_id || '@' || cast(floor(epoch(min(event_time) over (partition by user_id, visit))) as bigint) as visit_id,
        * exclude (event_id, visit)
    from numbered
    union all by name
    select event_id as visit_id, * exclude (event_id) from events where session_id is null and user_id is null
),

with_first_view as (
    select
        *,
        min(event_time) over (partition by visit_id) as began,
        min(event_time) filter (event_type = 'view') over (partition by visit_id) as first_view
    from session_events
),

with_cart_step as (
    select
        *,
        min(event_time) filter (event_type = 'cart' and event_time >= first_view) over (partition by visit_id) as cart_after_view
    from with_first_view
)

select
    visit_id as session_id,
    min(user_id) as user_id,
    min(event_time) as started_at,
    max(event_time) as ended_at,
    min(event_date) filter (event_time = began) as session_date,
    datesub('second', min(event_time), max(event_time)) as duration_seconds,
    count(*) as events,
    count(*) filter (event_type = 'view') as views,
    count(*) filter (event_type = 'cart') as carts,
    count(*) filter (event_type = 'remove_from_cart') as removes,
    count(*) filter (event_type = 'purchase') as purchases,
    count(*) filter (event_type = 'page') as pages,
    count(distinct product_id) as products,
    bool_or(event_type = 'view') as reached_view,
    bool_or(cart_after_view is not null) as reached_cart,
    coalesce(bool_or(event_type = 'purchase' and event_time >= cart_after_view), false) as reached_purchase,
    bool_or(event_type = 'purchase') as has_purchase,
    min(first_view) as first_view_at,
    min(event_time) filter (event_type = 'purchase') as first_purchase_at,
    datesub(
        'second', min(first_view), min(event_time) filter (event_type = 'purchase' and event_time >= first_view)
    ) as seconds_view_to_purchase,
    strftime(min(event_time), '%Y-%m') as period
from with_cart_step
group by visit_id
