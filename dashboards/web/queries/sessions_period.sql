-- Purpose: sessions of the period and how far they came. A session counts on one day, so days add up.
-- Grain:   one row
-- Reads:   daily_sessions
select
    sum(sessions) as sessions,
    sum(reached_view) as reached_view,
    sum(reached_cart) as reached_cart,
    sum(reached_purchase) as reached_purchase,
    sum(purchase_sessions) as purchase_sessions,
    cast(sum(purchase_sessions) as double) / nullif(sum(sessions), 0) as purchase_rate,
    cast(sum(single_event_sessions) as double) / nullif(sum(sessions), 0) as single_event_rate
from daily_sessions
where source = :source and session_date between :first and :last
