-- Purpose: how many rows of each kind of file are in quarantine.
-- Grain:   source, file_kind
-- Reads:   quarantine
select
    source,
    file_kind,
    count(*) as quarantined_rows
from quarantine
group by source, file_kind
order by source, file_kind
