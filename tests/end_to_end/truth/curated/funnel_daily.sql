-- Sessions per day that reached each step.
select
    session_date as date,
    count(*) as sessions,
    count(*) filter (reached_view) as reached_view,
    count(*) filter (reached_cart) as reached_cart,
    count(*) filter (reached_purchase) as reached_purchase,
    count(*) filter (reached_cart) / nullif(count(*) filter (reached_view), 0) as view_to_cart_rate,
    count(*) filter (reached_purchase) / nullif(count(*) filter (reached_cart), 0) as cart_to_purchase_rate,
    count(*) filter (reached_purchase) / nullif(count(*) filter (reached_view), 0) as view_to_purchase_rate
from truth.fct_sessions
group by session_date
