-- Purpose: sessions by number of events, and how often each kind ends in a purchase.
-- Grain:   source, length_order
-- Reads:   fct_sessions
with grouped as (
    select
        source,
        case
            when events >= 20 then 8
            when events >= 10 then 7
            when events >= 7 then 6
            when events >= 5 then 5
            else cast(events as integer)
        end as length_order,
        has_purchase,
        duration_seconds
    from fct_sessions
)

select
    source,
    length_order,
    case length_order
        when 5 then '5-6'
        when 6 then '7-9'
        when 7 then '10-19'
        when 8 then '20+'
        else cast(length_order as varchar)
    end as events_per_session,
    count(*) as sessions,
    count_if(has_purchase) as purchase_sessions,
    cast(count_if(has_purchase) as double) / count(*) as purchase_rate,
    avg(duration_seconds) as mean_duration_seconds
from grouped
group by source, length_order
