-- Purpose: registered customers.
-- Grain:   one row per user
-- Reads:   raw_users
select
    _record,
    id as customer_id,
    country,
    created_at as registered_at,
    cast(_ingest_date as timestamp) as observed_at
from raw_users
