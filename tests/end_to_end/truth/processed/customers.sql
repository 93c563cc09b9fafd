-- Latest state of each customer in a period. If two states have the same time, the contract does not define which one wins; the
-- lake's choice is accepted if it is one of them.
select distinct on (period, customer_id)
    customer_id, country, registered_at, observed_at, period
from observed_customers as said
order by
    period, customer_id, observed_at desc,
    exists (
        select 1 from lake.customers as taken
        where (taken.customer_id, taken.country, taken.registered_at, taken.observed_at)
            is not distinct from (said.customer_id, said.country, said.registered_at, said.observed_at)
    ) desc
