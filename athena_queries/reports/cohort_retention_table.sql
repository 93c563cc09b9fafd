-- Purpose: share of each cohort that ordered again one, three, six and twelve months later.
-- Grain:   source, cohort_month
-- Reads:   cohort_retention
select
    source,
    cohort_month,
    max(cohort_customers) as customers,
    max(case when months_since = 1 and is_complete_month then retention_rate end) as after_1_month,
    max(case when months_since = 3 and is_complete_month then retention_rate end) as after_3_months,
    max(case when months_since = 6 and is_complete_month then retention_rate end) as after_6_months,
    max(case when months_since = 12 and is_complete_month then retention_rate end) as after_12_months
from cohort_retention
group by source, cohort_month
order by source asc, cohort_month asc
