-- Interactions of users with products and their basket: a session (a user's day where the source has no sessions) or an order.
select
    user_id, product_id, event_type as kind, event_time as instant, coalesce(session_id, user_id || '@' || event_date) as basket
from truth.events
where event_type in ('view', 'cart') and product_id is not null and event_date <= (select max(date) from truth.dim_date)
union all
select customer_id, product_id, 'purchase', ordered_at, order_id
from truth.fct_order_items
where line_type = 'sale' and item_kind = 'product'
