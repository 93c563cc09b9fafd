-- Purpose: sessions of the period that reached each step in order.
-- Grain:   step
-- Reads:   daily_sessions
with totals as (
    select
        sum(sessions) as sessions,
        sum(reached_view) as reached_view,
        sum(reached_cart) as reached_cart,
        sum(reached_purchase) as reached_purchase
    from daily_sessions
    where source = :source and session_date between :first and :last
),

steps as (
    select 1 as step_order, 'all sessions' as step, sessions, sessions as all_sessions from totals
    union all
    select 2 as step_order, 'viewed a product' as step, reached_view as sessions, sessions as all_sessions from totals
    union all
    select 3 as step_order, 'then added to the cart' as step, reached_cart as sessions, sessions as all_sessions from totals
    union all
    select 4 as step_order, 'then bought' as step, reached_purchase as sessions, sessions as all_sessions from totals
)

select
    step,
    sessions,
    cast(sessions as double) / nullif(all_sessions, 0) as share_of_sessions
from steps
where sessions is not null
order by step_order asc
limit 4
