-- Purpose: What was unusual about events of the live path, by day and warning, with a sample.
-- Grain:   source, warning_date, code
-- Reads:   ingestion_warnings
select
    source,
    warning_date,
    code,
    warnings,
    sample
from ingestion_warnings
