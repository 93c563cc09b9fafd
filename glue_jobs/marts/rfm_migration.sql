-- Purpose: customers moving between RFM segments, from one day of rfm_monthly to the next.
-- Grain:   source, as_of, from_segment, to_segment
-- Reads:   rfm_monthly
with all_days as (
    select distinct source, as_of
    from rfm_monthly
),
day_pairs as (
    select source, as_of, lag(as_of) over (partition by source order by as_of) as previous_as_of
    from all_days
),
to_segments as (
    select source, as_of, previous_as_of, customer_id, segment as to_segment
    from rfm_monthly inner join day_pairs using (source, as_of)
    where previous_as_of is not null
),
from_segments as (
    select source, as_of as previous_as_of, customer_id, segment as from_segment
    from rfm_monthly
),
moves as (
    select
        source, as_of, previous_as_of, coalesce(from_segment, '(none)') as from_segment, to_segment,
        count(*) as customers
    from to_segments left join from_segments using (source, previous_as_of, customer_id)
    group by source, as_of, previous_as_of, coalesce(from_segment, '(none)'), to_segment
)
select
    as_of,
    previous_as_of,
    from_segment,
    to_segment,
    customers,
    customers / sum(customers) over (partition by source, as_of, from_segment) as share_of_from,
    source
from moves
