-- Purpose: item properties over time.
-- Grain:   one row per line of the files
-- Reads:   raw_item_properties
select
    _record,
    itemid as product_id,
    property,
    value,
    -- The full set writes numbers as n552.000 (everything else is hashed words), the sample as 552.0.
    if(
        value rlike '^(n-?[0-9]+([.][0-9]+)?|-?[0-9]+[.][0-9]+(e[+]?[0-9]+)?)$',
        try_cast(ltrim('n', value) as decimal(38, 4)),
        null
    ) as number,
    timestamp as valid_from,
    coalesce(timestamp, cast(_ingest_date as timestamp)) as observed_at
from raw_item_properties
