-- Purpose: columns with missing values, the emptiest first.
-- Grain:   table_name, column_name
-- Reads:   column_quality
select
    table_name,
    column_name,
    completeness,
    distinct_values
from column_quality
where source = :source and completeness < 1
order by completeness asc, table_name asc, column_name asc
limit 30
