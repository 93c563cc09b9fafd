-- Purpose: what a shop sold over all its days, and what came back.
-- Grain:   source
-- Reads:   sales_daily, order_summary
with amounts as (
    select
        source,
        min(case when gross_amount > 0 then date end) as first_sale_date,
        max(case when gross_amount > 0 then date end) as last_sale_date,
        count(*) as days,
        sum(units) as units,
        sum(gross_amount) as gross_amount,
        sum(returned_amount) as returned_amount,
        sum(discount_amount) as discount_amount,
        sum(net_amount) as net_amount
    from sales_daily
    group by source
),

orders as (
    select
        source,
        count(*) as orders,
        count_if(is_paid) as paid_orders,
        count(distinct customer_id) as buyers
    from order_summary
    group by source
)

select
    a.source,
    a.first_sale_date,
    a.last_sale_date,
    a.days,
    coalesce(o.orders, 0) as orders,
    coalesce(o.paid_orders, 0) as paid_orders,
    coalesce(o.buyers, 0) as buyers,
    a.units,
    a.gross_amount,
    a.returned_amount,
    a.discount_amount,
    a.net_amount,
    a.gross_amount / nullif(o.paid_orders, 0) as average_order_value
from amounts as a
left join orders as o on a.source = o.source
