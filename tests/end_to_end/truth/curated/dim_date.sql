-- One row per day from the first to the last day with an order line or an event other than page.
with seen as (
    select event_date as date from events where event_type <> 'page' and event_date <= getvariable('run_day') + 1
    union all
    select order_date from order_items where line_type <> 'future'
),

days as (
    select cast(unnest(generate_series(min(date), max(date), interval 1 day)) as date) as date from seen
)

select
    date,
    year(date) as year,
    (month(date) + 2) // 3 as quarter,
    month(date) as month,
    strftime(date, '%B') as month_name,
    cast(strftime(date, '%V') as int) as iso_week,
    day(date) as day_of_month,
    isodow(date) as day_of_week,
    strftime(date, '%A') as day_name,
    isodow(date) >= 6 as is_weekend
from days
