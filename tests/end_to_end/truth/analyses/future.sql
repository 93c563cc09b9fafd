-- Products that users known by the time `until` interacted with from then on and had not bought before.
select distinct user_id, product_id
from truth.interactions
where instant >= getvariable('until') and user_id in (select user_id from truth.met)
    and (user_id, product_id) not in (select (user_id, product_id) from truth.met where kind = 'purchase' and user_id is not null)
