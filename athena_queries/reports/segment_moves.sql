-- Purpose: where customers of each RFM segment went at the last step.
-- Grain:   source, from_segment, to_segment
-- Reads:   rfm_migration
with newest as (
    select
        source,
        max(as_of) as as_of
    from rfm_migration
    group by source
)

select
    m.source,
    m.as_of,
    m.from_segment,
    m.to_segment,
    m.customers,
    m.share_of_from
from rfm_migration as m
inner join newest as n on m.source = n.source and m.as_of = n.as_of
order by m.source asc, m.customers desc, m.from_segment asc, m.to_segment asc
