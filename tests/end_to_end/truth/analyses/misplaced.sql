-- Ranks of lake.recommendations where the truth has another product; products with equal scores may swap ranks.
with expected as (
    select lists.* from truth.lists inner join truth.published using (user_id, model)
)

select user_id, rank, shown.product_id, shown.score, shown.method, placed.product_id as expected, placed.score as expected_score
from lake.recommendations as shown
full join (from expected where rank <= 10) as placed using (user_id, rank)
left join expected as it on it.user_id = shown.user_id and it.product_id = shown.product_id
where (abs(shown.score - placed.score) + abs(shown.score - it.score) < 1e-9 * placed.score and shown.method = it.method) is not true
    and user_id in (select user_id from truth.published)
order by all
