-- Purpose: share of each month's new customers that bought again later.
-- Grain:   cohort_month, months_since
-- Reads:   cohort_retention
select
    cohort_month,
    months_since,
    cohort_customers,
    active_customers,
    retention_rate,
    is_complete_month
from cohort_retention
where source = :source and months_since <= 12
order by cohort_month asc, months_since asc
limit 1000
