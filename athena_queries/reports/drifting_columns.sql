-- Purpose: columns whose values have changed since the profile before.
-- Grain:   source, table_name, column_name
-- Reads:   column_quality
select
    source,
    table_name,
    column_name,
    completeness,
    psi
from column_quality
where is_drifting
order by source asc, psi desc, table_name asc, column_name asc
