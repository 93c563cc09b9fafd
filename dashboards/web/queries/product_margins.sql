-- Purpose: margin of the products that earn most, where costs are known. Costs are those of today.
-- Grain:   product_id
-- Reads:   margin_overview, bestsellers
select
    m.name as product_id,
    b.product,
    m.units,
    m.net_amount,
    m.cost_amount,
    m.margin_amount,
    m.margin_rate
from margin_overview as m
inner join bestsellers as b on m.source = b.source and m.name = b.product_id
where m.source = :source and m.level = 'product' and m.margin_amount is not null
order by m.margin_amount desc, product_id asc
limit 25
