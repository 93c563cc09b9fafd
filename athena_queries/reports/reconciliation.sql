-- Purpose: row reconciliation of the most recent conform run, by source and table.
-- Grain:   source, table_name (its most recent successful conform run)
-- Reads:   etl_runs
with newest as (
    select source, table_name, max(run_id) as run_id
    from etl_runs
    where job = 'conform' and status = 'succeeded'
    group by source, table_name
)

select
    r.source,
    r.table_name,
    r.rows_read,
    r.rows_processed,
    r.rows_quarantined,
    r.rows_deduplicated,
    r.rows_filtered,
    element_at(r.control_totals, 'cancellation_lines') as cancellation_lines
from etl_runs as r
inner join newest as n on r.source = n.source and r.table_name = n.table_name and r.run_id = n.run_id
order by r.source, r.table_name
