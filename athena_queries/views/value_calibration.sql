-- Purpose: mean forecast and mean actual of the published forecast of customer value, by tenth of the customers.
-- Grain:   source, target, horizon_days, tenth
-- Reads:   model_metrics
with tenths as (
    select
        source,
        model,
        split_part(metric, '_', 1) as figure,
        split_part(metric, '_', 2) as target,
        cast(split_part(metric, '_', 3) as integer) as horizon_days,
        cast(split_part(metric, '_', 5) as integer) as tenth,
        score,
        ci_low,
        ci_high,
        sample_size
    from model_metrics
    where job = 'value' and split = 'test' and regexp_like(metric, '_tenth_[0-9]+$')
)

select
    source,
    target,
    horizon_days,
    tenth,
    model,
    max(case when figure = 'forecast' then score end) as mean_forecast,
    max(case when figure = 'actual' then score end) as mean_actual,
    max(case when figure = 'actual' then ci_low end) as mean_actual_ci_low,
    max(case when figure = 'actual' then ci_high end) as mean_actual_ci_high,
    max(sample_size) as sample_size
from tenths
group by source, target, horizon_days, tenth, model
