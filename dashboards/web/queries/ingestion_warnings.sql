-- Purpose: what was unusual about events of the live path, by day and warning.
-- Grain:   warning_date, code
-- Reads:   ingestion_warnings_daily
select
    warning_date,
    code,
    warnings,
    sample
from ingestion_warnings_daily
where source = :source
order by warning_date desc, warnings desc, code asc
limit 50
