-- Purpose: of the customers who first bought in a month, the share that bought again in later months.
-- Grain:   source, cohort_month, months_since
-- Reads:   cohorts
select
    source,
    cohort_month,
    months_since,
    cohort_customers,
    active_customers,
    retention_rate,
    net_amount,
    is_complete_month
from cohorts
