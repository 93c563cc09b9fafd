-- Purpose: which customers are likely to leave, by the newest version that scored each day.
-- Grain:   source, as_of, customer_id
-- Reads:   scored
select
    as_of,
    customer_id,
    version as model_version,
    horizon_days,
    churn_probability,
    cast(row_number() over (partition by as_of order by churn_probability desc, customer_id asc) as bigint) as rank,
    decile,
    reasons
from scored
