-- Interactions before the time `until`, and each user's affinity to each product by then (unknown users count as one): a view
-- counts 1, a cart 3, a purchase 5, halved for every half-life before the latest interaction. truth.half_lives lists the half-lives
-- in days.
create or replace table truth.met as from truth.interactions where instant < getvariable('until');

create or replace table truth.strengths as
select
    user_id, product_id, half_life,
    sum(
        case kind when 'view' then 1 when 'cart' then 3 else 5 end
        * 0.5e0 ** (epoch_us((select max(instant) from truth.met) - instant) / 86400e6 / half_life)
    ) as strength
from truth.met, truth.half_lives
group by all;
