-- Purpose: how often products were viewed, added to a cart, removed and bought.
-- Grain:   source
-- Reads:   fct_product_activity
select
    source,
    sum(views) as views,
    sum(carts) as carts,
    sum(removes) as removes,
    sum(purchases) as purchases
from fct_product_activity
group by source
