-- Products that each method recommends to the users in truth.wanted, computed from truth.met. truth.learned has the scores of the
-- factor model; the variable `tempering` is the penalty for frequent neighbors. Keeps more ranks than are published, to tell
-- products with equal scores from wrong ones.
with bought as (
    select distinct user_id, product_id from truth.met where kind = 'purchase'
),

popular as (
    select product_id, sum(strength) as score from truth.strengths group by product_id order by score desc, product_id limit 60
),

own as (
    from truth.strengths where user_id in (from truth.wanted)
),

neighbors as (
    select product_id, other_product_id, kind, confidence / (other_baskets / total_baskets) ** getvariable('tempering') as weight
    from truth.item_pairs
    where kind = if(exists (from truth.met where kind = 'view'), 'view', 'purchase')
),

first_choice as (
    select 'recent' as model, user_id, product_id, strength as score from own
    union all
    select 'co_' || kind, user_id, other_product_id, sum(strength * weight)
    from own inner join neighbors using (product_id)
    group by all
    union all
    select model, user_id, product_id, score from truth.learned where user_id in (from truth.wanted)
),

models as (
    select unnest(['popularity', 'recent', if(exists (from truth.met where kind = 'view'), 'co_view', 'co_purchase')]) as model
    union
    select model from truth.learned
),

offers as (
    select *, model as method from first_choice
    union all
    select model, user_id, product_id, score, 'popularity' as method
    from models, truth.wanted, popular
    where (model, user_id, product_id) not in (select (model, user_id, product_id) from first_choice)
)

select
    model, user_id, product_id, score, method,
    row_number() over (partition by model, user_id order by method = 'popularity', score desc, product_id) as rank
from offers anti join bought using (user_id, product_id)
qualify rank <= 30
