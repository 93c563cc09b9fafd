-- Purpose: units and net sales of the last 28 days with data, against the 28 days before.
-- Grain:   source
-- Reads:   daily_purchases
with newest as (
    select
        source,
        max(order_date) as last_day
    from daily_purchases
    group by source
),

days as (
    select
        p.source,
        p.units,
        p.net_amount,
        date_diff('day', p.order_date, n.last_day) as days_ago
    from daily_purchases as p
    inner join newest as n on p.source = n.source
)

select
    source,
    sum(case when days_ago < 28 then units else 0 end) as units,
    sum(case when days_ago >= 28 then units else 0 end) as units_before,
    sum(case when days_ago < 28 then net_amount end) as net_amount,
    sum(case when days_ago >= 28 then net_amount end) as net_amount_before
from days
where days_ago < 56
group by source
order by source asc
