-- Purpose: days until customers order again: distribution of the gaps between days with orders, and how likely one has ended.
-- Grain:   source, gap_days
-- Reads:   fct_order_items
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
with_next_date as (
    select
        source, order_date,
        lead(order_date) over (partition by source, customer_id order by order_date) as next_date
    from days
),
interval_counts as (
    select
        source,
        datediff(coalesce(next_date, as_of), order_date) as gap_days,
        count(next_date) as gaps,
        count(*) as intervals
    from with_next_date inner join last_days using (source)
    group by source, datediff(coalesce(next_date, as_of), order_date)
),
with_open as (
    select
        source, gap_days, gaps,
        sum(intervals) over (partition by source order by gap_days desc) as intervals_open
    from interval_counts
),
-- Kaplan & Meier 1958: a customer who has not ordered again yet counts as long as they could have.
with_survival as (
    select
        source, gap_days, gaps, intervals_open,
        sum(log1p(-if(gaps < intervals_open, gaps / intervals_open, 0))) over (partition by source order by gap_days)
            as log_survival,
        bool_or(gaps = intervals_open) over (partition by source order by gap_days) as is_over
    from with_open
    where gaps > 0
)
select
    cast(gap_days as bigint) as gap_days,
    gaps,
    gaps / sum(gaps) over (partition by source) as share,
    sum(gaps) over (partition by source order by gap_days) / sum(gaps) over (partition by source) as cumulative_share,
    intervals_open,
    if(is_over, 1, -expm1(log_survival)) as return_probability,
    source
from with_survival
