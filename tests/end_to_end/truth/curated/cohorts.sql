-- Every cohort in every month from its own to the last, with each cell computed separately.
with sales as (
    select *, date_trunc('month', order_date)::date as month
    from order_items
    where item_kind = 'product' and line_type = 'sale'
),

members as (
    select customer_id, min(month) as cohort_month from sales where customer_id is not null group by customer_id
),

months as (
    select cast(unnest(generate_series(min(month), max(month), interval 1 month)) as date) as month from sales
),

cells as (
    select cohort_month, month, count(*) as cohort_customers
    from members
    join months on month >= cohort_month
    group by cohort_month, month
),

bought as (
    select cohort_month, month, count(distinct customer_id) as active, count(distinct order_id) as orders
    from sales
    join members using (customer_id)
    group by all
),

-- Returns count in the month in which they came back.
money as (
    select cohort_month, date_trunc('month', order_date)::date as month, sum(net_amount) as net
    from truth.fct_order_items
    join members using (customer_id)
    where item_kind in ('discount', 'product') and line_type <> 'adjustment' and line_type <> 'write_off'
    group by all
)

select
    cohort_month, month,
    date_diff('month', cohort_month, month) as months_since,
    cohort_customers,
    ifnull(active, 0) as active_customers,
    ifnull(active, 0) / cohort_customers as retention_rate,
    ifnull(orders, 0) as orders,
    ifnull(net, 0) as net_amount,
    (
        select sum(earlier.net)
        from money as earlier
        where earlier.cohort_month = cells.cohort_month and earlier.month between cells.cohort_month and cells.month
    ) as cumulative_net_amount,
    (select max(order_date) from sales) >= last_day(month) as is_complete_month
from cells
left join bought using (cohort_month, month)
left join money using (cohort_month, month)
