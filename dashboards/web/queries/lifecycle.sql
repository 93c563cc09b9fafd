-- Purpose: customers by where they stand: new, active, lapsed and so on.
-- Grain:   lifecycle_state
-- Reads:   customer_profiles
select
    coalesce(lifecycle_state, '(unknown)') as lifecycle_state,
    count(*) as customers,
    sum(net_amount) as net_amount
from customer_profiles
where source = :source
group by coalesce(lifecycle_state, '(unknown)')
order by customers desc, lifecycle_state asc
limit 20
