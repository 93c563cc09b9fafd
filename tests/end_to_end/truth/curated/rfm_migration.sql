-- Segment of each customer on each day and on the previous day of rfm_monthly.
with pairs as (
    select
        now.as_of,
        (select max(as_of) from truth.rfm_monthly as earlier where earlier.as_of < now.as_of) as previous_as_of,
        now.customer_id,
        now.segment as to_segment
    from truth.rfm_monthly as now
),

moves as (
    select pairs.as_of, previous_as_of, ifnull(was.segment, '(none)') as from_segment, to_segment
    from pairs
    left join truth.rfm_monthly as was on was.as_of = previous_as_of and was.customer_id = pairs.customer_id
    where previous_as_of is not null
)

select
    as_of, previous_as_of, from_segment, to_segment,
    count(*) as customers,
    count(*) / (
        select count(*) from moves as other where other.as_of = moves.as_of and other.from_segment = moves.from_segment
    ) as share_of_from
from moves
group by as_of, previous_as_of, from_segment, to_segment
