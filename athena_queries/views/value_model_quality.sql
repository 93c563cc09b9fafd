-- Purpose: how good each forecast of customer value is on held-back time, and which one is published.
-- Grain:   source, target, horizon_days, model
-- Reads:   model_metrics
with measured as (
    select
        source,
        model,
        regexp_extract(metric, '^(.+)_(purchases|value)_([0-9]+)$', 1) as measure,
        regexp_extract(metric, '^(.+)_(purchases|value)_([0-9]+)$', 2) as target,
        cast(regexp_extract(metric, '^(.+)_(purchases|value)_([0-9]+)$', 3) as integer) as horizon_days,
        score,
        ci_low,
        ci_high,
        baseline,
        sample_size,
        is_published
    from model_metrics
    where job = 'value' and split = 'test' and regexp_like(metric, '_(purchases|value)_[0-9]+$')
)

select
    source,
    target,
    horizon_days,
    model,
    max(case when measure = 'rmse' then score end) as rmse,
    max(case when measure = 'poisson_deviance' then score end) as poisson_deviance,
    max(case when measure = 'spearman' then score end) as spearman,
    max(case when measure = 'gini' then score end) as gini,
    max(case when measure = 'bias' then score end) as bias,
    max(case when measure = 'bias' then ci_low end) as bias_ci_low,
    max(case when measure = 'bias' then ci_high end) as bias_ci_high,
    max(case when measure = 'calibration' then score end) as calibration,
    max(case when measure = 'mae' then score end) as mean_absolute_error,
    max(case when measure = 'improvement' then baseline end) as baseline,
    max(case when measure = 'improvement' then score end) as improvement,
    max(case when measure = 'improvement' then ci_low end) as improvement_ci_low,
    max(case when measure = 'improvement' then ci_high end) as improvement_ci_high,
    max(sample_size) as sample_size,
    bool_or(is_published) as is_published
from measured
group by source, target, horizon_days, model
