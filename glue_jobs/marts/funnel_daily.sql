-- Purpose: number of sessions per day that reached each funnel step: view, then cart, then purchase.
-- Grain:   source, date
-- Reads:   fct_sessions
with steps as (
    select
        source, session_date as date,
        count(*) as sessions,
        count_if(reached_view) as reached_view,
        count_if(reached_cart) as reached_cart,
        count_if(reached_purchase) as reached_purchase
    from fct_sessions
    group by source, session_date
)
select
    date,
    sessions,
    reached_view,
    reached_cart,
    reached_purchase,
    reached_cart / nullif(reached_view, 0) as view_to_cart_rate,
    reached_purchase / nullif(reached_cart, 0) as cart_to_purchase_rate,
    reached_purchase / nullif(reached_view, 0) as view_to_purchase_rate,
    source
from steps
