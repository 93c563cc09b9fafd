-- Purpose: from when to when a shop has data.
-- Grain:   source
-- Reads:   dim_date
select
    source,
    min(date) as first_date,
    max(date) as last_date,
    count(*) as days
from dim_date
group by source
