-- Sessions of a day that came as far as each step.
select
    session_date as date,
    count(*) as sessions,
    count(*) filter (viewed) as viewed,
    count(*) filter (carted) as carted,
    count(*) filter (bought) as bought,
    count(*) filter (carted) / nullif(count(*) filter (viewed), 0) as view_to_cart_rate,
    count(*) filter (bought) / nullif(count(*) filter (carted), 0) as cart_to_purchase_rate,
    count(*) filter (bought) / nullif(count(*) filter (viewed), 0) as view_to_purchase_rate
from truth.fct_sessions
group by session_date
