-- Purpose: how well each recommendation method predicts what users turn to next.
-- Grain:   source, model
-- Reads:   model_metrics
select
    source,
    model,
    max(case when metric = 'ndcg_10' then score end) as ndcg_10,
    max(case when metric = 'ndcg_10' then ci_low end) as ndcg_10_ci_low,
    max(case when metric = 'ndcg_10' then ci_high end) as ndcg_10_ci_high,
    max(case when metric = 'ndcg_10' then sample_size end) as sample_size,
    max(case when metric = 'ndcg_10' then baseline end) as baseline,
    max(case when metric = 'ndcg_10' then baseline_score end) as baseline_ndcg_10,
    max(case when metric = 'improvement_ndcg_10' then score end) as improvement,
    max(case when metric = 'improvement_ndcg_10' then ci_low end) as improvement_ci_low,
    max(case when metric = 'improvement_ndcg_10' then ci_high end) as improvement_ci_high,
    max(case when metric = 'hit_rate_10' then score end) as hit_rate_10,
    max(case when metric = 'coverage' then score end) as coverage,
    max(cast(json_extract_scalar(parameters, '$.half_life_days') as double)) as half_life_days,
    bool_or(is_published) as is_published
from model_metrics
where job = 'recommend' and split = 'test'
group by source, model
