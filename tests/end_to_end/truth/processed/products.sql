-- Latest state of each product in a period. If two states have the same time, the contract does not define which one wins; the
-- lake's choice is accepted if it is one of them.
select distinct on (period, product_id)
    product_id, product_name, category_id, category, brand, list_price, unit_cost, stock, observed_at, period
from observed_products as said
order by
    period, product_id, observed_at desc,
    exists (
        select 1 from lake.products as taken
        where (taken.product_id, taken.product_name, taken.category_id, taken.category, taken.brand)
            is not distinct from (said.product_id, said.product_name, said.category_id, said.category, said.brand)
            and (taken.list_price, taken.unit_cost, taken.stock, taken.observed_at)
            is not distinct from (said.list_price, said.unit_cost, said.stock, said.observed_at)
    ) desc
