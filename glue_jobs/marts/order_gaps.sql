-- Purpose: how many days lie between one day on which a customer bought and the next.
-- Grain:   source, gap_days
-- Reads:   fct_order_items
with days as (
    select distinct source, customer_id, order_date
    from fct_order_items
    where item_kind = 'product' and line_type = 'sale' and customer_id is not null
),
following as (
    select
        source,
        datediff(lead(order_date) over (partition by source, customer_id order by order_date), order_date) as gap_days
    from days
),
counted as (
    select source, gap_days, count(*) as gaps
    from following
    where gap_days is not null
    group by source, gap_days
)
select
    cast(gap_days as bigint) as gap_days,
    gaps,
    gaps / sum(gaps) over (partition by source) as share,
    sum(gaps) over (partition by source order by gap_days) / sum(gaps) over (partition by source) as cumulative_share,
    source
from counted
