-- Purpose: sessions by day, week or month, and the share that bought.
-- Grain:   step
-- Reads:   daily_sessions
select
    cast(date_trunc(:grain, session_date) as date) as step,
    sum(sessions) as sessions,
    sum(purchase_sessions) as purchase_sessions,
    cast(sum(purchase_sessions) as double) / nullif(sum(sessions), 0) as purchase_rate,
    date_trunc(:grain, session_date) < :first or date_add(:grain, 1, date_trunc(:grain, session_date)) > date_add('day', 1, :last)
        as is_partial
from daily_sessions
where source = :source and session_date between :first and :last
group by date_trunc(:grain, session_date)
order by step asc
limit 1000
