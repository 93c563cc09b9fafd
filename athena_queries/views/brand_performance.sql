-- Purpose: revenue and conversion of every brand.
-- Grain:   source, brand
-- Reads:   brand_report
select
    source,
    brand,
    row_number() over (partition by source order by revenue desc, brand asc) as revenue_rank,
    views,
    carts,
    purchases,
    units,
    revenue as net_amount,
    view_to_cart_rate,
    view_to_purchase_rate
from brand_report
