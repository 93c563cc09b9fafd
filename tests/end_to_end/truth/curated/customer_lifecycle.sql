-- Each customer, from the list of their days with orders.
with sales as (
    select * from order_items where item_kind = 'product' and line_type = 'sale'
),

customers as (
    select customer_id, list_sort(list_distinct(list(order_date))) as days
    from sales
    where customer_id is not null
    group by customer_id
),

-- When four fifths have returned, or four fifths of those who ever do.
reached as (
    select case when max(return_probability) < 0.8 then max(return_probability) else 1.0 end as everyone from truth.order_gaps
),

window_size as (
    select
        ifnull((select min(gap_days) from truth.order_gaps, reached where return_probability + 1e-9 >= 0.8 * everyone), 90) as window_days,
        (select max(order_date) from sales) as as_of
),

intervals as (
    select
        *,
        date_diff('day', days[-1], as_of) as days_since_last,
        date_diff('day', days[-2], days[-1]) as last_gap_days
    from customers, window_size
)

select
    customer_id, as_of,
    case
        when days_since_last <= window_days and len(days) > 1 then if(last_gap_days > window_days, 'reactivated', 'active')
        when days_since_last <= window_days then 'new'
        when days_since_last <= 2 * window_days then 'lapsing'
        else 'lapsed'
    end as state,
    days[1] as first_order_date,
    days[-1] as last_order_date,
    len(days) as order_days,
    days_since_last as days_since_order,
    last_gap_days,
    if(len(days) > 1, date_diff('day', days[1], days[-1]) / (len(days) - 1), null) as mean_gap_days,
    window_days
from intervals
