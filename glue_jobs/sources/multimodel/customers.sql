-- Purpose: registered customers.
-- Grain:   one row per user and delivery; the latest per period is kept
-- Reads:   raw_users
select
    _record,
    user_id as customer_id,
    geo_data.country as country,
    registration_date as registered_at,
    cast(_ingest_date as timestamp) as observed_at
from raw_users
