-- Purpose: job runs that failed since a day, with the reason.
-- Grain:   run_id, job, source, table_name
-- Reads:   etl_runs
-- Parameters: first day | date '2026-01-01'
select
    source,
    job,
    table_name,
    started_at,
    reason
from etl_runs
where status <> 'succeeded' and started_at >= ?
order by started_at desc, source asc, table_name asc
