-- Purpose: the days at whose end features are computed, and the horizon after them that decides who has churned.
-- Grain:   source, as_of
-- Reads:   fct_order_items, requested
with sales as (
    select customer_id, order_date
    from fct_order_items
    where item_kind = 'product' and line_type = 'sale'
),
date_range as (
    select min(order_date) as first_date, max(order_date) as last_date
    from sales
),
purchases as (
    select distinct customer_id, order_date
    from sales
    where customer_id is not null
),
gaps as (
    select datediff(order_date, lag(order_date) over (partition by customer_id order by order_date)) as gap_days
    from purchases
),
shares as (
    select
        count_if(gap_days <= 30) / nullif(count(gap_days), 0) as within_30,
        count_if(gap_days <= 60) / nullif(count(gap_days), 0) as within_60,
        count_if(gap_days <= 90) / nullif(count(gap_days), 0) as within_90,
        count_if(gap_days <= 120) / nullif(count(gap_days), 0) as within_120
    from gaps
    having count(gap_days) > 0
),
-- Customers who come back do so within the horizon, in 8 of 10 cases.
horizons as (
    select
        case
            when within_30 >= 0.8 then 30
            when within_60 >= 0.8 then 60
            when within_90 >= 0.8 then 90
            when within_120 >= 0.8 then 120
            else 180
        end as horizon_days
    from shares
),
days as (
    select date_sub(coalesce(requested.as_of, last_date), days_before) as as_of, days_before, first_date
    from date_range cross join requested
)
select
    cast(as_of as date) as as_of,
    horizon_days
from days cross join horizons
where days_before = 0 or datediff(as_of, first_date) >= 30
