-- Purpose: how often products were viewed, added to a cart, removed and bought.
-- Grain:   source
-- Reads:   fct_product_activity
select
    source,
    sum(views) as views,
    sum(carts) as carts,
    sum(removes) as removes,
    sum(purchases) as purchases,
    cast(sum(carts) as double) / nullif(sum(views), 0) as view_to_cart_rate,
    cast(sum(purchases) as double) / nullif(sum(carts), 0) as cart_to_purchase_rate,
    cast(sum(purchases) as double) / nullif(sum(views), 0) as view_to_purchase_rate
from fct_product_activity
group by source
