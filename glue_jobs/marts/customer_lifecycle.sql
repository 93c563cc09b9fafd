-- Purpose: lifecycle state of each customer, relative to how soon the source's customers return.
-- Grain:   source, customer_id
-- Reads:   fct_order_items, order_gaps
with days as (
    select distinct source, customer_id, order_date
    from fct_order_items
    where item_kind = 'product' and line_type = 'sale' and customer_id is not null
),
last_days as (
    select source, max(order_date) as as_of
    from fct_order_items
    where item_kind = 'product' and line_type = 'sale'
    group by source
),
-- Where fewer than four fifths ever return: when four fifths of those have returned.
reached as (
    select source, if(max(return_probability) < 0.8, max(return_probability), 1) as everyone
    from order_gaps
    group by source
),
windows as (
    select source, min(gap_days) as window_days
    from order_gaps inner join reached using (source)
    where return_probability >= 0.8 * everyone - 1e-9
    group by source
),
with_previous_date as (
    select
        source, customer_id, order_date,
        lag(order_date) over (partition by source, customer_id order by order_date) as previous_date
    from days
),
customers as (
    select
        source, customer_id,
        min(order_date) as first_order_date,
        max(order_date) as last_order_date,
        count(*) as order_days,
        max(previous_date) as second_last_date
    from with_previous_date
    group by source, customer_id
),
intervals as (
    select
        *,
        cast(datediff(as_of, last_order_date) as bigint) as days_since_order,
        cast(datediff(last_order_date, second_last_date) as bigint) as last_gap_days,
        coalesce(window_days, 90) as window
    from customers inner join last_days using (source) left join windows using (source)
)
select
    customer_id,
    as_of,
    case
        when days_since_order > 2 * window then 'lapsed'
        when days_since_order > window then 'lapsing'
        when order_days = 1 then 'new'
        when last_gap_days > window then 'reactivated'
        else 'active'
    end as state,
    first_order_date,
    last_order_date,
    order_days,
    days_since_order,
    last_gap_days,
    datediff(last_order_date, first_order_date) / nullif(order_days - 1, 0) as mean_gap_days,
    window as window_days,
    source
from intervals
