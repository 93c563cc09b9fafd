-- Purpose: number of events by type, per product, price and day.
-- Grain:   source, event_date, product_id, price, within one period
-- Reads:   events
select
    event_date,
    product_id,
    price,
    count_if(event_type = 'view') as views,
    count_if(event_type = 'cart') as carts,
    count_if(event_type = 'remove_from_cart') as removes,
    count_if(event_type = 'purchase') as purchases,
    source,
    period
from events
where event_type in ('view', 'cart', 'remove_from_cart', 'purchase')
group by source, period, event_date, product_id, price
