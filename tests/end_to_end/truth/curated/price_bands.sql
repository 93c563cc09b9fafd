-- Events by price and product lines by unit price, in bands that include their lower bound.
with bands as (
    select * from (values
        (1, '0-10', 0, 10), (2, '10-25', 10, 25), (3, '25-50', 25, 50), (4, '50-100', 50, 100), (5, '100-250', 100, 250),
        (6, '250-500', 250, 500), (7, '500-1000', 500, 1000), (8, '1000+', 1000, null)
    ) as t (band_order, band, low, high)
),

activity as (
    select price, event_type, 0 as units, 0 as net from events where price is not null
    union all
    select unit_price, 'line', if(line_type = 'sale', quantity, 0), net_amount
    from truth.fct_order_items
    where item_kind = 'product' and line_type in ('sale', 'return')
)

select
    band_order, band,
    count(*) filter (event_type = 'view') as views,
    count(*) filter (event_type = 'cart') as carts,
    count(*) filter (event_type = 'purchase') as purchases,
    sum(units) as units,
    sum(net) as net_amount,
    count(*) filter (event_type = 'purchase') / nullif(count(*) filter (event_type = 'view'), 0) as view_to_purchase_rate
from activity
join bands on price >= low and (price < high or high is null)
group by band_order, band
