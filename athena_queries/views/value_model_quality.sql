-- Purpose: how far the predicted customer value is off, on held-back time.
-- Grain:   source, model
-- Reads:   model_metrics
select
    source,
    model,
    score as mean_absolute_error_90,
    baseline,
    baseline_score as baseline_error_90,
    sample_size
from model_metrics
where job = 'value' and split = 'test' and metric = 'mae_value_90'
