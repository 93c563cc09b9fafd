-- Features of each customer with an order, in natural units. Means are shrunk toward the mean of all customers, with a weight of
-- 20 views, 5 orders and 20 sessions.
with events as (
    from truth.events where event_date <= (select max(date) from truth.dim_date)
),

lines as (
    select *, line_type = 'sale' as sold
    from truth.fct_order_items
    where item_kind = 'product' and customer_id is not null
),

buyers as (
    select
        customer_id,
        count(distinct order_id) filter (sold) as orders,
        sum(quantity) filter (sold) as units,
        sum(net_amount) as net_amount,
        min(ordered_at) filter (sold) as first_at,
        max(ordered_at) filter (sold) as last_at,
        max(order_date) filter (sold) as last_date
    from lines
    group by customer_id
    having bool_or(sold)
),

visitors as (
    select
        user_id as customer_id,
        count(distinct coalesce(session_id, cast(event_date as varchar))) as visits,
        min(event_time) as first_seen,
        max(event_time) as last_seen
    from events
    where user_id is not null
    group by user_id
),

-- Views; sale lines of known customers where a source has no views.
looks as (
    select user_id as customer_id, product_id, price from events where event_type = 'view' and product_id is not null
    union all
    select customer_id, product_id, unit_price from lines where sold and not exists (from events where event_type = 'view')
),

priced as (
    select customer_id, ln(cast(coalesce(price, list_price) as double)) as log_price, category
    from looks left join truth.dim_product using (product_id)
    where coalesce(price, list_price) > 0
),

dearer as (
    select customer_id, log_price - avg(log_price) over (partition by category) as dearer from priced
),

tastes as (
    select customer_id, sum(dearer) as dearer, count(*) as looked from dearer where customer_id is not null group by customer_id
),

known as (
    from buyers left join visitors using (customer_id) left join tastes using (customer_id)
),

engagement as (
    select user_id as customer_id, count(*) as sessions, sum(duration_seconds) / 60 as session_minutes
    from truth.fct_sessions
    where user_id is not null
    group by user_id
),

usual as (
    select
        max(last_at) as latest,
        max(last_date) as as_of,
        sum(dearer) / sum(looked) as usual_price,
        sum(units) / sum(orders) as usual_units,
        sum(orders) filter (visits > 0) / sum(visits) as usual_conversion
    from known
)

select
    customer_id, orders, net_amount,
    epoch_us(latest - last_at) / 86400e6 as recency_days,
    -- greatest and least ignore nulls.
    epoch_us(greatest(last_at, last_seen) - least(first_at, first_seen)) / 86400e6 as lifetime_days,
    coalesce((coalesce(dearer, 0) + 20 * usual_price) / (coalesce(looked, 0) + 20), 0) as price_level,
    (units + 5 * usual_units) / (orders + 5) as units_per_order,
    coalesce((orders + 20 * usual_conversion) / (coalesce(visits, 0) + 20), 1) as orders_per_session,
    sessions,
    session_minutes,
    as_of
from known left join engagement using (customer_id), usual
