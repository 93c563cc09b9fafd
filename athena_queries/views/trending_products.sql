-- Purpose: products that sold at least half as fast again in the last 7 days as in the 28 days before.
-- Grain:   source, product_id
-- Reads:   product_performance, dim_product
select
    p.source,
    p.product_id,
    coalesce(d.product_name, p.product_id) as product,
    d.brand,
    row_number() over (
        partition by p.source
        order by p.units_last_7_days - p.units_prior_28_days / 4.0 desc, p.product_id
    ) as trend_rank,
    p.units_last_7_days,
    p.units_prior_28_days,
    cast(p.units_prior_28_days as double) / 4 as mean_weekly_units_before,
    p.trend_ratio,
    p.as_of
from product_performance as p
left join dim_product as d on p.source = d.source and p.product_id = d.product_id
where p.is_trending
