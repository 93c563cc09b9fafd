-- Purpose: products that sell faster than in the weeks before.
-- Grain:   product_id
-- Reads:   trending_products
select
    product,
    brand,
    units_last_7_days,
    mean_weekly_units_before,
    trend_ratio,
    as_of
from trending_products
where source = :source
order by trend_rank asc
limit 15
