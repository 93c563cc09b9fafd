-- Purpose: calendar of each source, without gaps.
-- Grain:   source, date
-- Reads:   fct_product_activity, fct_order_items
with active_dates as (
    select source, event_date as date from fct_product_activity
    -- A shop east of Greenwich may be a day ahead of UTC; a later date is in the future.
    where event_date <= date_add(current_date(), 1)
    union all
    select source, order_date as date from fct_order_items
    where line_type != 'future'
),
date_ranges as (
    select source, min(date) as first_date, max(date) as last_date
    from active_dates
    group by source
),
days as (
    select source, explode(sequence(first_date, last_date, interval 1 day)) as date
    from date_ranges
)
select
    date,
    year(date) as year,
    quarter(date) as quarter,
    month(date) as month,
    date_format(date, 'MMMM') as month_name,
    weekofyear(date) as iso_week,
    dayofmonth(date) as day_of_month,
    weekday(date) + 1 as day_of_week,
    date_format(date, 'EEEE') as day_name,
    weekday(date) >= 5 as is_weekend,
    source
from days
