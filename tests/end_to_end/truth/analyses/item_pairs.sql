-- Pairs of products that share at least five baskets of at most 100 products, with a log-likelihood ratio that chance exceeds once
-- in 1,000; the 50 strongest per product.
with items as (
    select kind, basket, product_id
    from (select distinct kind, basket, product_id from truth.met where kind <> 'cart' and basket is not null)
    qualify count(*) over (partition by kind, basket) <= 100
),

totals as (
    select kind, count(distinct basket) as total_baskets from items group by kind
),

frequent as (
    select kind, basket, product_id, count(*) over (partition by kind, product_id) as held from items qualify held >= 5
),

both_ways as (
    select
        kind, a.product_id, b.product_id as other_product_id, count(*) as pair_baskets, any_value(a.held) as product_baskets,
        any_value(b.held) as other_baskets
    from frequent as a inner join frequent as b using (kind, basket)
    where a.product_id <> b.product_id
    group by all
    having count(*) >= 5
),

-- Baskets with both products, either one and neither, with the counts expected by chance.
cells as (
    select
        *,
        [pair_baskets, product_baskets - pair_baskets, other_baskets - pair_baskets, total_baskets - product_baskets - other_baskets + pair_baskets]
            as seen,
        [product_baskets * other_baskets, product_baskets * (total_baskets - other_baskets),
            (total_baskets - product_baskets) * other_baskets, (total_baskets - product_baskets) * (total_baskets - other_baskets)] as chance
    from both_ways inner join totals using (kind)
),

judged as (
    select
        *,
        2 * list_sum([if(c[1] = 0, 0, c[1] * ln(c[1] / (c[2] / total_baskets))) for c in list_zip(seen, chance)]) as llr
    from cells
)

select
    kind, product_id, other_product_id, pair_baskets, product_baskets, other_baskets, total_baskets,
    pair_baskets / total_baskets as support,
    pair_baskets / product_baskets as confidence,
    pair_baskets * total_baskets / (product_baskets * other_baskets) as lift,
    llr,
    row_number() over (partition by kind, product_id order by llr desc, other_product_id) as rank
from judged
where llr >= 10.83 and pair_baskets * total_baskets > product_baskets * other_baskets
qualify rank <= 50
