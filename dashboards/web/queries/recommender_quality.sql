-- Purpose: how well each method finds what customers turn to next.
-- Grain:   model
-- Reads:   recommender_quality
select
    model,
    ndcg_10,
    ndcg_10_ci_low,
    ndcg_10_ci_high,
    hit_rate_10,
    coverage,
    is_published
from recommender_quality
where source = :source
order by ndcg_10 desc
limit 20
