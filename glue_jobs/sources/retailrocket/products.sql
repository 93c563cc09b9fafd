-- Purpose: price and category of the items after each change of either.
-- Grain:   one row per item and change; the latest per period is kept
-- Reads:   raw_item_properties
with changes as (
    select
        itemid,
        coalesce(timestamp, cast(_ingest_date as timestamp)) as observed_at,
        max(if(property = '790', try_cast(ltrim('n', value) as decimal(18, 4)), null)) as price,
        max(if(property = 'categoryid', value, null)) as category_id
    from raw_item_properties
    where _record.broken is null
    group by itemid, coalesce(timestamp, cast(_ingest_date as timestamp))
),

states as (
    select
        itemid,
        observed_at,
        last_value(price, true) over past as price,
        last_value(category_id, true) over past as category_id
    from changes
    window past as (partition by itemid order by observed_at rows between unbounded preceding and current row)
)

select
    itemid as product_id,
    cast(null as string) as product_name,
    category_id,
    category_id as category,
    cast(null as string) as brand,
    price as list_price,
    cast(null as decimal(18, 4)) as unit_cost,
    cast(null as bigint) as stock,
    observed_at
from states
