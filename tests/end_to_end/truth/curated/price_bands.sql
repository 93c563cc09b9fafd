-- Events by price and product lines by unit price, in bands that include their lower bound. The bounds are the elements of the
-- sorted prices at each fifth: of all views, or of all sale lines where there are no views.
with activity as (
    select price, event_type, 0 as units, 0 as net from events where price is not null and event_type <> 'page'
    union all
    select unit_price, line_type, if(line_type = 'sale', quantity, 0), net_amount
    from truth.fct_order_items
    where item_kind = 'product' and line_type in ('sale', 'return')
),

prices as (
    select list_sort(list(price)) as sorted
    from activity
    where event_type = if(exists (from activity where event_type = 'view'), 'view', 'sale')
),

bounds as (
    select min(price) as low from activity
    union
    select sorted[q * len(sorted) // 5 + 1] from prices, range(1, 5) as t (q) where len(sorted) > 0
),

bands as (
    select low, lead(low) over (order by low) as high, row_number() over (order by low) as band_order
    from bounds
    where low is not null
)

select
    band_order,
    regexp_replace(low::varchar, '00$', '') || if(high is null, '+', '-' || regexp_replace(high::varchar, '00$', '')) as band,
    count(*) filter (event_type = 'view') as views,
    count(*) filter (event_type = 'cart') as carts,
    count(*) filter (event_type = 'purchase') as purchases,
    sum(units) as units,
    sum(net) as net_amount,
    count(*) filter (event_type = 'purchase') / nullif(count(*) filter (event_type = 'view'), 0) as view_to_purchase_rate
from activity
join bands on price >= low and (price < high or high is null)
group by all
