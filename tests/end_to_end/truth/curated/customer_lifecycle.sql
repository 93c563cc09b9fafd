-- Each customer by the list of days on which something was bought.
with sales as (
    select * from order_items where item_kind = 'product' and line_type = 'sale'
),

customers as (
    select customer_id, list_sort(list_distinct(list(order_date))) as days
    from sales
    where customer_id is not null
    group by customer_id
),

-- the shortest of the sorted gaps that leaves no more than a fifth of them behind it
gaps as (
    select list_sort(list(g)) as sorted from (select unnest(repeat([gap_days], gaps)) as g from truth.order_gaps)
),

pace as (
    select
        ifnull(sorted[(4 * len(sorted) + 4) // 5], 90) as window_days,
        (select max(order_date) from sales) as as_of
    from gaps
),

timed as (
    select
        *,
        date_diff('day', days[-1], as_of) as silent,
        date_diff('day', days[-2], days[-1]) as last_gap_days
    from customers, pace
)

select
    customer_id, as_of,
    case
        when silent <= window_days and len(days) > 1 then if(last_gap_days > window_days, 'reactivated', 'active')
        when silent <= window_days then 'new'
        when silent <= 2 * window_days then 'lapsing'
        else 'lapsed'
    end as state,
    days[1] as first_order_date,
    days[-1] as last_order_date,
    len(days) as order_days,
    silent as days_since_order,
    last_gap_days,
    if(len(days) > 1, date_diff('day', days[1], days[-1]) / (len(days) - 1), null) as mean_gap_days,
    window_days
from timed
