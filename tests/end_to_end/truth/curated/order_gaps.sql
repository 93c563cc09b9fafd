-- Each day with orders of a customer, with the next such day.
with days as (
    select distinct customer_id, order_date
    from order_items
    where item_kind = 'product' and line_type = 'sale' and customer_id is not null
),

gaps as (
    select d.customer_id, d.order_date, date_diff('day', d.order_date, min(later.order_date)) as gap_days
    from days as d
    join days as later on later.customer_id = d.customer_id and later.order_date > d.order_date
    group by d.customer_id, d.order_date
)

select
    gap_days,
    count(*) as gaps,
    count(*) / (select count(*) from gaps) as share,
    (select count(*) from gaps as shorter where shorter.gap_days <= gaps.gap_days) / (select count(*) from gaps) as cumulative_share
from gaps
group by gap_days
