-- Purpose: how many visits viewed, then carted, then bought; each visit once per step.
-- Grain:   source, date
-- Reads:   fct_sessions
with steps as (
    select
        source, session_date as date,
        count(*) as sessions,
        count_if(viewed) as viewed,
        count_if(carted) as carted,
        count_if(bought) as bought
    from fct_sessions
    group by source, session_date
)
select
    date,
    sessions,
    viewed,
    carted,
    bought,
    carted / nullif(viewed, 0) as view_to_cart_rate,
    bought / nullif(carted, 0) as cart_to_purchase_rate,
    bought / nullif(viewed, 0) as view_to_purchase_rate,
    source
from steps
