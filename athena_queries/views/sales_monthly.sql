-- Purpose: sales and returns by month; a period that the shop's sales do not cover is not complete.
-- Grain:   source, month_start
-- Reads:   sales_daily, fct_order_items
with amounts as (
    select
        source,
        date_trunc('month', date) as month_start,
        sum(units) as units,
        sum(gross_amount) as gross_amount,
        sum(returned_amount) as returned_amount,
        sum(discount_amount) as discount_amount,
        sum(net_amount) as net_amount,
        sum(new_buyers) as new_buyers
    from sales_daily
    group by source, date_trunc('month', date)
),

sale_dates as (
    select
        source,
        min(case when gross_amount > 0 then date end) as first_date,
        max(case when gross_amount > 0 then date end) as last_date
    from sales_daily
    group by source
),

orders as (
    select
        source,
        date_trunc('month', order_date) as month_start,
        count(distinct order_id) as orders,
        count(distinct case when gross_amount > 0 then order_id end) as paid_orders,
        count(distinct customer_id) as buyers
    from fct_order_items
    where line_type = 'sale' and item_kind = 'product'
    group by source, date_trunc('month', order_date)
)

select
    a.source,
    a.month_start,
    coalesce(o.orders, 0) as orders,
    coalesce(o.paid_orders, 0) as paid_orders,
    coalesce(o.buyers, 0) as buyers,
    a.units,
    a.gross_amount,
    a.returned_amount,
    a.discount_amount,
    a.net_amount,
    a.gross_amount / nullif(o.paid_orders, 0) as average_order_value,
    a.new_buyers,
    coalesce(a.month_start >= d.first_date and last_day_of_month(a.month_start) <= d.last_date, false) as is_complete
from amounts as a
left join sale_dates as d on a.source = d.source
left join orders as o on a.source = o.source and a.month_start = o.month_start
