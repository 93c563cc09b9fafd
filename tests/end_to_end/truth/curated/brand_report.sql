-- Views and sales by current brand; a product counts if it has a product line or an event.
with activity as (
    select
        product_id,
        event_type = 'view' as is_view,
        event_type = 'cart' as is_cart,
        event_type = 'purchase' as is_purchase,
        0 as units,
        0 as revenue
    from events
    union all
    select
        product_id, false, false, false,
        if(line_type = 'sale', quantity, 0),
        net_amount
    from truth.fct_order_items
    where item_kind = 'product'
)

select
    coalesce(brand, '(none)') as brand,
    count(*) filter (is_view) as views,
    count(*) filter (is_cart) as carts,
    count(*) filter (is_purchase) as purchases,
    sum(units) as units,
    sum(revenue) as revenue,
    count(*) filter (is_cart) / nullif(count(*) filter (is_view), 0) as view_to_cart_rate,
    count(*) filter (is_purchase) / nullif(count(*) filter (is_view), 0) as view_to_purchase_rate
from activity
join truth.dim_product using (product_id)
group by all
