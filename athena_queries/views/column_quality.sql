-- Purpose: the most recent profile of every column: completeness, range and drift.
-- Grain:   source, table_name, column_name
-- Reads:   column_profile
select
    source,
    table_name,
    column_name,
    position as column_order,
    completeness,
    distinct_values,
    min_value,
    max_value,
    psi,
    is_drifting,
    bins
from column_profile
where is_latest
