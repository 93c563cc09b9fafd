-- Purpose: the ten days with the highest net sales.
-- Grain:   source, order_date
-- Reads:   daily_purchases
with ranked as (
    select
        source,
        order_date,
        orders,
        net_amount,
        row_number() over (partition by source order by net_amount desc, order_date asc) as place
    from daily_purchases
)

select
    source,
    place,
    order_date,
    orders,
    net_amount
from ranked
where place <= 10
order by source asc, place asc
