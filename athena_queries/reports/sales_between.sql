-- Purpose: orders, net sales and what an order is worth, between two days.
-- Grain:   source
-- Reads:   daily_purchases, order_summary
-- Parameters: first day, last day, first again, last again | date '2026-01-01', date '2026-01-31', date '2026-01-01', date '2026-01-31'
with amounts as (
    select
        source,
        sum(units) as units,
        sum(gross_amount) as gross_amount,
        sum(returned_amount) as returned_amount,
        sum(discount_amount) as discount_amount,
        sum(net_amount) as net_amount
    from daily_purchases
    where order_date between ? and ?
    group by source
),

placed as (
    select
        source,
        count(*) as orders
    from order_summary
    where order_date between ? and ?
    group by source
)

select
    a.source,
    coalesce(p.orders, 0) as orders,
    a.units,
    a.gross_amount,
    a.returned_amount,
    a.discount_amount,
    a.net_amount,
    a.net_amount / nullif(p.orders, 0) as net_amount_per_order
from amounts as a
left join placed as p on a.source = p.source
order by a.source asc
