-- Purpose: sessions, carts and purchases of each week between two days.
-- Grain:   source, week_start
-- Reads:   daily_sessions
-- Parameters: first day, last day | date '2026-01-01', date '2026-01-31'
select
    source,
    date_trunc('week', session_date) as week_start,
    sum(sessions) as sessions,
    sum(reached_view) as reached_view,
    sum(reached_cart) as reached_cart,
    sum(reached_purchase) as reached_purchase,
    cast(sum(purchase_sessions) as double) / nullif(cast(sum(sessions) as double), 0e0) as purchase_rate
from daily_sessions
where session_date between ? and ?
group by source, date_trunc('week', session_date)
order by source asc, week_start asc
