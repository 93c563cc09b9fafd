-- Purpose: the categories, brands and customer segments to choose from, those with the highest sales first.
-- Grain:   kind, choice
-- Reads:   category_overview, brand_performance, rfm_segments
with every as (
    select 'category' as kind, category as choice, net_amount
    from category_overview
    where source = :source
    union all
    select 'brand' as kind, brand as choice, net_amount
    from brand_performance
    where source = :source
    union all
    select 'segment' as kind, segment as choice, net_amount
    from rfm_segments
    where source = :source
),

ranked as (
    select
        kind,
        choice,
        row_number() over (partition by kind order by net_amount desc nulls last, choice asc) as place
    from every
)

select
    kind,
    choice
from ranked
where place <= 200
order by kind asc, place asc
limit 600
