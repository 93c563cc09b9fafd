-- Purpose: retention and revenue by month, for customers grouped by the month of their first purchase.
-- Grain:   source, cohort_month, month
-- Reads:   fct_order_items
with lines as (
    select
        source, customer_id, order_id, order_date, line_type = 'sale' and item_kind = 'product' as is_sale, net_amount,
        cast(date_trunc('month', order_date) as date) as month
    from fct_order_items
    where item_kind in ('product', 'discount') and line_type in ('sale', 'return')
),
last_days as (
    select source, max(order_date) as last_date
    from lines
    where is_sale
    group by source
),
customers as (
    select source, customer_id, cast(date_trunc('month', min(order_date)) as date) as cohort_month
    from lines
    where is_sale and customer_id is not null
    group by source, customer_id
),
sizes as (
    select source, cohort_month, count(*) as cohort_customers
    from customers
    group by source, cohort_month
),
cohort_months as (
    select
        source, cohort_month, cohort_customers, last_date,
        explode(sequence(cohort_month, cast(date_trunc('month', last_date) as date), interval 1 month)) as month
    from sizes inner join last_days using (source)
),
-- Returns before a customer's first known purchase belong to no month of the cohort.
activity as (
    select
        source, cohort_month, month,
        count(distinct if(is_sale, customer_id, null)) as active_customers,
        count(distinct if(is_sale, order_id, null)) as orders,
        sum(net_amount) as net_amount
    from lines inner join customers using (source, customer_id)
    group by source, cohort_month, month
),
with_empty_months as (
    select
        source, cohort_month, month, last_date, cohort_customers,
        coalesce(active_customers, 0) as active_customers,
        coalesce(orders, 0) as orders,
        cast(coalesce(net_amount, 0) as decimal(18, 4)) as net_amount
    from cohort_months left join activity using (source, cohort_month, month)
)
select
    cohort_month,
    month,
    12 * (year(month) - year(cohort_month)) + month(month) - month(cohort_month) as months_since,
    cohort_customers,
    active_customers,
    active_customers / cohort_customers as retention_rate,
    orders,
    net_amount,
    cast(sum(net_amount) over (partition by source, cohort_month order by month) as decimal(18, 4)) as cumulative_net_amount,
    last_date >= last_day(month) as is_complete_month,
    source
from with_empty_months
