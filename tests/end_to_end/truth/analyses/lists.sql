-- Products that each method recommends to the users in truth.wanted, computed from truth.met. truth.learned has the scores of the
-- factor model; truth.methods has the half-life of each method; the variable `tempering` is the penalty for frequent neighbors. Keeps
-- more ranks than are published, to tell products with equal scores from wrong ones.
with bought as (
    select distinct user_id, product_id from truth.met where kind = 'purchase'
),

popular as (
    select half_life, product_id, sum(strength) as score
    from truth.strengths
    group by half_life, product_id
    qualify row_number() over (partition by half_life order by score desc, product_id) <= 60
),

own as (
    select strengths.*, methods.model
    from truth.strengths inner join truth.methods using (half_life)
    where user_id in (from truth.wanted)
),

neighbors as (
    select product_id, other_product_id, kind, confidence / (other_baskets / total_baskets) ** getvariable('tempering') as weight
    from truth.item_pairs
    where kind = if(exists (from truth.met where kind = 'view'), 'view', 'purchase')
),

first_choice as (
    select 'recent' as model, user_id, product_id, strength as score from own where model = 'recent'
    union all
    select model, user_id, other_product_id, sum(strength * weight)
    from own inner join neighbors using (product_id)
    where model like 'co_%'
    group by all
    union all
    select model, user_id, product_id, score from truth.learned where user_id in (from truth.wanted)
),

models as (
    select model, half_life from truth.methods where model <> 'als'
    union
    select learned.model, half_life from truth.learned, truth.methods where methods.model = 'als'
),

offers as (
    select *, model as method from first_choice
    union all
    select model, user_id, product_id, score, 'popularity' as method
    from models inner join popular using (half_life), truth.wanted
    where (model, user_id, product_id) not in (select (model, user_id, product_id) from first_choice)
)

select
    model, user_id, product_id, score, method,
    row_number() over (partition by model, user_id order by method = 'popularity', score desc, product_id) as rank
from offers anti join bought using (user_id, product_id)
qualify rank <= 30
