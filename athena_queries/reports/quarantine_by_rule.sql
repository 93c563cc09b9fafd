-- Purpose: how many rows broke each rule, and the tables they were meant for.
-- Grain:   source, rule (a row counts once for each rule it broke)
-- Reads:   quarantine
select
    source,
    rule,
    count(*) as broken_rows,
    array_join(array_sort(array_agg(distinct table_name)), ', ') as table_names
from quarantine
cross join unnest(rules) as broken (rule)  -- noqa: AL05
group by source, rule
order by source asc, broken_rows desc, rule asc
