-- Purpose: columns whose values have changed since the profile before.
-- Grain:   table_name, column_name
-- Reads:   column_quality
select
    table_name,
    column_name,
    completeness,
    psi
from column_quality
where source = :source and is_drifting
order by psi desc
limit 50
