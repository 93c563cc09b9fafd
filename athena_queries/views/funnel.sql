-- Purpose: sessions that reached each step: view, then cart, then purchase.
-- Grain:   source
-- Reads:   funnel_daily
select
    source,
    sum(sessions) as sessions,
    sum(reached_view) as reached_view,
    sum(reached_cart) as reached_cart,
    sum(reached_purchase) as reached_purchase,
    cast(sum(reached_cart) as double) / nullif(sum(reached_view), 0) as view_to_cart_rate,
    cast(sum(reached_purchase) as double) / nullif(sum(reached_cart), 0) as cart_to_purchase_rate,
    cast(sum(reached_purchase) as double) / nullif(sum(sessions), 0) as completion_rate
from funnel_daily
group by source
