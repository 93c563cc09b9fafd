-- Purpose: after how many days customers order again.
-- Grain:   source, gap_days
-- Reads:   order_gaps
select
    source,
    gap_days,
    gaps,
    cumulative_share
from order_gaps
order by source asc, gap_days asc
