-- Purpose: views, carts and sales by price band; the bands are fifths of the source's prices.
-- Grain:   source, band
-- Reads:   fct_product_activity, fct_order_items
with activity as (
    select source, price, views, carts, purchases, 0 as lines, 0 as units, 0 as net_amount
    from fct_product_activity
    where price is not null
    union all
    select
        source, unit_price as price, 0 as views, 0 as carts, 0 as purchases,
        if(line_type = 'sale', 1, 0) as lines,
        if(line_type = 'sale', quantity, 0) as units,
        net_amount
    from fct_order_items
    where item_kind = 'product' and line_type in ('sale', 'return')
),
by_price as (
    select
        source, price,
        sum(views) as views,
        sum(carts) as carts,
        sum(purchases) as purchases,
        sum(lines) as lines,
        sum(units) as units,
        sum(net_amount) as net_amount
    from activity
    group by source, price
),
weighted as (
    select source, price, if(sum(views) over (partition by source) > 0, views, lines) as weight
    from by_price
),
shares as (
    select
        source, price,
        sum(weight) over (partition by source order by price) as reached,
        sum(weight) over (partition by source) as total
    from weighted
),
quantiles as (
    select * from values (1), (2), (3), (4) as quantiles (fifths)
),
lower_bounds as (
    select source, min(price) as low
    from shares
    group by source
    union
    select source, min(price) as low
    from shares inner join quantiles on 5 * reached > fifths * total
    group by source, fifths
),
bands as (
    select
        source, low,
        lead(low) over (partition by source order by low) as high,
        row_number() over (partition by source order by low) as band_order
    from lower_bounds
),
labeled as (
    select
        source, low, high, band_order,
        concat(
            regexp_replace(cast(low as string), '00$', ''),
            coalesce(concat('-', regexp_replace(cast(high as string), '00$', '')), '+')
        ) as band
    from bands
),
totals as (
    select
        source, band_order, band,
        sum(views) as views,
        sum(carts) as carts,
        sum(purchases) as purchases,
        sum(units) as units,
        sum(net_amount) as net_amount
    from by_price inner join labeled using (source)
    where price >= low and (price < high or high is null)
    group by source, band_order, band
)
select
    band_order,
    band,
    views,
    carts,
    purchases,
    units,
    cast(net_amount as decimal(18, 4)) as net_amount,
    purchases / nullif(views, 0) as view_to_purchase_rate,
    source
from totals
