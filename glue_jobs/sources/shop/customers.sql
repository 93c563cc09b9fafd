-- Purpose: customers after each change.
-- Grain:   one row per change of a customer; the latest per period is kept
-- Reads:   raw_customers
select
    _record,
    customer_id,
    country,
    registered_at,
    updated_at as observed_at
from raw_customers
