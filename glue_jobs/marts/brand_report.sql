-- Purpose: views, carts, sales and conversion by brand.
-- Grain:   source, brand
-- Reads:   dim_product, product_performance
with brands as (
    select source, product_id, coalesce(brand, '(none)') as brand
    from dim_product
),
totals as (
    select
        source, brand,
        sum(views) as views,
        sum(carts) as carts,
        sum(purchases) as purchases,
        sum(units) as units,
        sum(net_amount) as revenue
    from product_performance inner join brands using (source, product_id)
    group by source, brand
)
select
    brand,
    views,
    carts,
    purchases,
    units,
    cast(revenue as decimal(18, 4)) as revenue,
    carts / nullif(views, 0) as view_to_cart_rate,
    purchases / nullif(views, 0) as view_to_purchase_rate,
    source
from totals
