-- Number of events per product, price and day.
select
    period, event_date, product_id, price,
    count(*) filter (event_type = 'view') as views,
    count(*) filter (event_type = 'cart') as carts,
    count(*) filter (event_type = 'remove_from_cart') as removes,
    count(*) filter (event_type = 'purchase') as purchases
from events
where event_type <> 'page'
group by all
