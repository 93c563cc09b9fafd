-- Purpose: views, carts and sales by price band.
-- Grain:   source, band
-- Reads:   fct_product_activity, fct_order_items
with bands as (
    select *
    from
        values
        (1, '0-10', 0, 10),
        (2, '10-25', 10, 25),
        (3, '25-50', 25, 50),
        (4, '50-100', 50, 100),
        (5, '100-250', 100, 250),
        (6, '250-500', 250, 500),
        (7, '500-1000', 500, 1000),
        (8, '1000+', 1000, null) as bands (band_order, band, low, high)
),
activity as (
    select source, price, views, carts, purchases, 0 as units, 0 as net_amount
    from fct_product_activity
    where price is not null
    union all
    select
        source, unit_price as price, 0 as views, 0 as carts, 0 as purchases,
        if(line_type = 'sale', quantity, 0) as units, net_amount
    from fct_order_items
    where item_kind = 'product' and line_type in ('sale', 'return')
),
by_price as (
    select
        source, price,
        sum(views) as views,
        sum(carts) as carts,
        sum(purchases) as purchases,
        sum(units) as units,
        sum(net_amount) as net_amount
    from activity
    group by source, price
),
totals as (
    select
        source, band_order, band,
        sum(views) as views,
        sum(carts) as carts,
        sum(purchases) as purchases,
        sum(units) as units,
        sum(net_amount) as net_amount
    from by_price inner join bands on price >= low and (price < high or high is null)
    group by source, band_order, band
)
select
    band_order,
    band,
    views,
    carts,
    purchases,
    units,
    cast(net_amount as decimal(18, 4)) as net_amount,
    purchases / nullif(views, 0) as view_to_purchase_rate,
    source
from totals
