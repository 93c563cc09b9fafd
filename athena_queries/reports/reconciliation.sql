-- Purpose: what became of every record that was read, by source and table.
-- Grain:   source, table_name (the newest conform run of each)
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
from etl_runs r
inner join newest n on r.source = n.source and r.table_name = n.table_name and r.run_id = n.run_id
order by r.source, r.table_name
