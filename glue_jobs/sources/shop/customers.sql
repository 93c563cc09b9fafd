-- Purpose: the customers as of each change.
-- Grain:   one row per change of a customer; the newest of a period stays
-- Reads:   raw_customers
select
    _record,
    customer_id,
    country,
    registered_at,
    updated_at as observed_at
from raw_customers
