-- Each day with orders of a customer, with the next such day. The probability of a return adds up, gap by gap, the share of the
-- intervals open so far that end, times the probability of having got there.
with recursive sales as (
    select * from order_items where item_kind = 'product' and line_type = 'sale'
),

days as (
    select distinct customer_id, order_date from sales where customer_id is not null
),

intervals as (
    select
        min(later.order_date) is not null as ended,
        date_diff('day', d.order_date, coalesce(min(later.order_date), (select max(order_date) from sales))) as length
    from days as d
    left join days as later on later.customer_id = d.customer_id and later.order_date > d.order_date
    group by d.customer_id, d.order_date
),

gaps as (
    select length as gap_days, count(*) as gaps, row_number() over (order by length) as place
    from intervals
    where ended
    group by length
),

counted as (
    select gaps.*, (select count(*) from intervals where length >= gap_days) as intervals_open from gaps
),

steps as (
    select place, gaps / intervals_open as return_probability, 1 - gaps / intervals_open as survival from counted where place = 1
    union all
    select
        counted.place,
        steps.return_probability + steps.survival * counted.gaps / counted.intervals_open,
        steps.survival * (1 - counted.gaps / counted.intervals_open)
    from steps join counted on counted.place = steps.place + 1
)

select
    gap_days, gaps,
    gaps / (select sum(gaps) from gaps) as share,
    (select sum(shorter.gaps) from gaps as shorter where shorter.gap_days <= counted.gap_days) / (select sum(gaps) from gaps)
        as cumulative_share,
    intervals_open,
    return_probability
from counted join steps using (place)
