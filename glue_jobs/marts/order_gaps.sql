-- Purpose: distribution of the days between consecutive days with orders of a customer.
-- Grain:   source, gap_days
-- Reads:   fct_order_items
with days as (
    select distinct source, customer_id, order_date
    from fct_order_items
    where item_kind = 'product' and line_type = 'sale' and customer_id is not null
),
customer_gaps as (
    select
        source,
        datediff(lead(order_date) over (partition by source, customer_id order by order_date), order_date) as gap_days
    from days
),
gap_counts as (
    select source, gap_days, count(*) as gaps
    from customer_gaps
    where gap_days is not null
    group by source, gap_days
)
select
    cast(gap_days as bigint) as gap_days,
    gaps,
    gaps / sum(gaps) over (partition by source) as share,
    sum(gaps) over (partition by source order by gap_days) / sum(gaps) over (partition by source) as cumulative_share,
    source
from gap_counts
