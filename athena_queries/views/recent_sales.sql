-- Purpose: sales of the 30 days that end with the last sale, of the 30 days before, and of the same days a year before.
-- Grain:   source, period
-- Reads:   sales_daily, fct_order_items
with sale_dates as (
    select
        source,
        min(case when gross_amount > 0 then date end) as first_date,
        max(case when gross_amount > 0 then date end) as last_date
    from sales_daily
    group by source
),

periods as (
    select source, first_date, 'last 30 days' as period, date_add('day', -29, last_date) as from_date, last_date as to_date
    from sale_dates
    union all
    select
        source, first_date, '30 days before' as period,
        date_add('day', -59, last_date) as from_date,
        date_add('day', -30, last_date) as to_date
    from sale_dates
    union all
    select
        source, first_date, 'year before' as period,
        date_add('year', -1, date_add('day', -29, last_date)) as from_date,
        date_add('year', -1, last_date) as to_date
    from sale_dates
),

amounts as (
    select
        p.source,
        p.period,
        sum(s.units) as units,
        sum(s.gross_amount) as gross_amount,
        sum(s.net_amount) as net_amount
    from periods as p
    inner join sales_daily as s on p.source = s.source and s.date between p.from_date and p.to_date
    group by p.source, p.period
),

orders as (
    select
        p.source,
        p.period,
        count(distinct f.order_id) as orders,
        count(distinct case when f.gross_amount > 0 then f.order_id end) as paid_orders,
        count(distinct f.customer_id) as buyers
    from periods as p
    inner join fct_order_items as f on p.source = f.source and f.order_date between p.from_date and p.to_date
    where f.line_type = 'sale' and f.item_kind = 'product'
    group by p.source, p.period
)

select
    p.source,
    p.period,
    p.from_date,
    p.to_date,
    coalesce(o.orders, 0) as orders,
    coalesce(o.paid_orders, 0) as paid_orders,
    coalesce(o.buyers, 0) as buyers,
    a.units,
    a.gross_amount,
    a.net_amount,
    a.gross_amount / nullif(o.paid_orders, 0) as average_order_value
from periods as p
inner join amounts as a on p.source = a.source and p.period = a.period
left join orders as o on p.source = o.source and p.period = o.period
where p.from_date >= p.first_date
