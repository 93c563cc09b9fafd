-- How well truth.lists predicts truth.future: the products that known users interacted with from the time `until` on. The variable
-- `baseline` is the best method that learns nothing.
with shown as (
    from truth.lists where rank <= 10
),

wanted as (
    select user_id, least(count(*), 10) as best from truth.future group by user_id
),

hits as (
    select
        model, user_id, sum(1 / log2(rank + 1)) as gain, sum(nth / rank) as precisions
    from (
        select model, user_id, rank, row_number() over (partition by model, user_id order by rank) as nth
        from shown inner join truth.future using (user_id, product_id)
    )
    group by model, user_id
),

scores as (
    select
        model, user_id,
        if(gain > 0, 1.0, 0.0) as hit_rate_10,
        coalesce(gain, 0) / list_sum([1 / log2(place + 1) for place in range(1, best + 1)]) as ndcg_10,
        coalesce(precisions, 0) / best as map_10
    from (select distinct model from shown) cross join wanted left join hits using (model, user_id)
),

means as (
    select model, metric, avg(value) as score, 1.959964 * stddev_samp(value) / sqrt(count(*)) as half, count(*) as sample_size
    from (unpivot scores on hit_rate_10, ndcg_10, map_10 into name metric value value)
    group by model, metric
),

placed as (
    select product_id, coalesce(category, category_id) as place
    from truth.dim_product
    where coalesce(category, category_id) is not null
),

likings as (
    select user_id, place, sum(strength) as liking
    from truth.strengths inner join placed using (product_id)
    where half_life = (select max(half_life) from truth.half_lives)
    group by user_id, place
),

firsts as (
    select distinct on (user_id) user_id, place as first_place from likings order by user_id, liking desc, place desc
),

wholes as (
    select
        model, 'coverage' as metric, count(distinct product_id) / (select count(distinct product_id) from truth.strengths) as score,
        (select count(distinct product_id) from truth.strengths) as sample_size
    from shown
    group by model
    union all
    select model, 'cross_category_share', count_if(place <> first_place) / count(*), count(*)
    from shown inner join placed using (product_id) inner join firsts using (user_id)
    group by model
),

paired as (
    select ours.model, ours.ndcg_10 - theirs.ndcg_10 as gain
    from scores as ours inner join scores as theirs using (user_id)
    where theirs.model = getvariable('baseline') and ours.model not in ('popularity', 'recent')
),

gains as (
    select model, avg(gain) as score, 1.959964 * stddev_samp(gain) / sqrt(count(*)) as half, count(*) as sample_size
    from paired
    group by model
),

every as (
    select model, metric, score, score - half as ci_low, score + half as ci_high, sample_size from means
    union all
    select model, metric, score, null, null, sample_size from wholes
    union all
    select model, 'improvement_ndcg_10', score, score - half, score + half, sample_size from gains
)

select
    every.*,
    if(every.metric like 'improvement_%', getvariable('baseline'), baselines.model) as baseline,
    if(every.metric like 'improvement_%', 0, baselines.score) as baseline_score
from every
left join (from every where model = getvariable('baseline')) as baselines
    on every.metric = baselines.metric and every.model not in ('popularity', 'recent')
