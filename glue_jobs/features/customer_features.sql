-- Purpose: what is known about each customer at the end of each snapshot day; nothing later counts.
-- Grain:   source, as_of, customer_id
-- Reads:   snapshots, fct_order_items, fct_sessions, dim_product
with lines as (
    select
        customer_id, order_id, product_id, order_date, hour(ordered_at) as order_hour, quantity,
        line_type = 'sale' as is_sale, net_amount,
        if(unit_price > 0, ln(cast(unit_price as double)), null) as log_price
    from fct_order_items
    where item_kind = 'product' and line_type in ('sale', 'return')
),
product_days as (
    select product_id, order_date, sum(log_price) as log_prices, count(log_price) as prices
    from lines
    where is_sale
    group by product_id, order_date
),
-- The usual price of a product on a day is that of the days before it.
usual_prices as (
    select
        product_id, order_date,
        sum(log_prices) over earlier / nullif(sum(prices) over earlier, 0) as usual_log_price
    from product_days
    window earlier as (partition by product_id order by order_date rows between unbounded preceding and 1 preceding)
),
compared as (
    select lines.*, log_price - usual_log_price as price_difference
    from lines left join usual_prices using (product_id, order_date)
    where customer_id is not null
),
order_days as (
    select
        customer_id, order_date as day,
        if(count_if(is_sale) > 0, order_date, null) as purchase_date,
        count(distinct if(is_sale, order_id, null)) as orders,
        count_if(is_sale) as sale_lines,
        sum(if(is_sale, quantity, 0)) as units,
        sum(net_amount) as net_amount,
        sum(if(is_sale, 0, -net_amount)) as returned_amount,
        sum(if(is_sale, net_amount, 0)) as gross_amount,
        count_if(is_sale and price_difference is not null) as compared_lines,
        count_if(is_sale and price_difference < -0.05) as discounted_lines,
        sum(if(is_sale, price_difference, null)) as price_differences,
        count_if(is_sale and (order_hour >= 18 or order_hour < 6)) as evening_lines
    from compared
    group by customer_id, order_date
),
bought as (
    select customer_id, product_id, min(order_date) as day
    from compared
    where is_sale
    group by customer_id, product_id
),
attributed as (
    select customer_id, day, category, brand
    from bought left join dim_product using (product_id)
),
-- A category or a brand counts from the day on which the first of its products was bought.
firsts as (
    select customer_id, day, 1 as products, 0 as categories, 0 as brands
    from attributed
    union all
    select customer_id, min(day) as day, 0 as products, 1 as categories, 0 as brands
    from attributed
    where category is not null
    group by customer_id, category
    union all
    select customer_id, min(day) as day, 0 as products, 0 as categories, 1 as brands
    from attributed
    where brand is not null
    group by customer_id, brand
),
first_days as (
    select customer_id, day, sum(products) as products, sum(categories) as categories, sum(brands) as brands
    from firsts
    group by customer_id, day
),
-- A session counts once it has ended: its figures are those at its end.
session_days as (
    select
        user_id as customer_id, cast(ended_at as date) as day,
        count(*) as sessions,
        sum(duration_seconds) as seconds,
        sum(carts) as carts
    from fct_sessions
    where user_id is not null
    group by user_id, cast(ended_at as date)
),
days as (
    select
        *,
        datediff(
            purchase_date,
            max(purchase_date) over (
                partition by customer_id order by day rows between unbounded preceding and 1 preceding
            )
        ) as gap_days
    from order_days
    left join first_days using (customer_id, day)
    full outer join session_days using (customer_id, day)
),
-- Figures of sessions are null for those who never had one.
until as (
    select
        as_of, customer_id,
        min(purchase_date) as first_date,
        max(purchase_date) as last_date,
        sum(orders) as orders,
        count(purchase_date) as purchase_days,
        sum(net_amount) as net_amount,
        sum(gross_amount) as gross_amount,
        sum(returned_amount) as returned_amount,
        sum(sale_lines) as sale_lines,
        sum(units) as units,
        sum(if(datediff(as_of, day) < 90, net_amount, 0)) as net_amount_90,
        sum(if(datediff(as_of, day) between 90 and 179, net_amount, 0)) as net_amount_previous_90,
        sum(if(datediff(as_of, day) < 30, orders, 0)) as orders_30,
        sum(if(datediff(as_of, day) < 90, orders, 0)) as orders_90,
        sum(if(datediff(as_of, day) between 274 and 363, orders, 0)) as orders_year_ago,
        sum(compared_lines) as compared_lines,
        sum(discounted_lines) as discounted_lines,
        sum(price_differences) as price_differences,
        sum(evening_lines) as evening_lines,
        count_if(mod(datediff(purchase_date, date '1900-01-01'), 7) >= 5) as weekend_days,
        sum(gap_days) as gap_days,
        sum(gap_days * gap_days) as squared_gap_days,
        sum(products) as products,
        sum(categories) as categories,
        sum(brands) as brands,
        max(if(sessions > 0, day, null)) as last_session_date,
        sum(if(datediff(as_of, day) < 90, 1, 0) * sessions) as sessions_90,
        sum(if(datediff(as_of, day) < 90, 1, 0) * seconds) / 60 as session_minutes_90,
        sum(if(datediff(as_of, day) < 90, 1, 0) * carts) as carts_90
    from days inner join snapshots on day <= as_of
    group by as_of, customer_id
    having count(purchase_date) > 0
)
select
    customer_id,
    as_of,
    cast(datediff(as_of, last_date) as bigint) as recency_days,
    cast(datediff(as_of, first_date) as bigint) as tenure_days,
    cast(datediff(last_date, first_date) as bigint) as days_first_to_last_purchase,
    cast(orders as bigint) as orders,
    cast(purchase_days as bigint) as purchase_days,
    cast(orders_30 as bigint) as orders_30,
    cast(orders_90 as bigint) as orders_90,
    cast(orders_year_ago as bigint) as orders_year_ago,
    cast(net_amount as decimal(18, 4)) as net_amount,
    cast(net_amount_90 as decimal(18, 4)) as net_amount_90,
    cast(gross_amount / orders as decimal(18, 4)) as mean_order_amount,
    ln(1 + greatest(cast(net_amount_90 as double), 0)) - ln(1 + greatest(cast(net_amount_previous_90 as double), 0))
        as spend_trend,
    cast(gap_days as double) / nullif(purchase_days - 1, 0) as mean_gap_days,
    case
        when purchase_days > 2
            then sqrt(
                greatest(squared_gap_days - cast(gap_days as double) * gap_days / (purchase_days - 1), 0)
                / (purchase_days - 2)
            )
    end as stddev_gap_days,
    if(gross_amount > 0, cast(returned_amount as double) / cast(gross_amount as double), 0.0D) as returned_share,
    cast(discounted_lines as double) / nullif(compared_lines, 0) as discounted_share,
    price_differences / nullif(compared_lines, 0) as price_level,
    cast(units as double) / orders as units_per_order,
    cast(sale_lines as double) / orders as lines_per_order,
    cast(evening_lines as double) / nullif(sale_lines, 0) as evening_share,
    cast(weekend_days as double) / nullif(purchase_days, 0) as weekend_share,
    products,
    categories,
    brands,
    cast(sessions_90 as bigint) as sessions_90,
    cast(session_minutes_90 as double) as session_minutes_90,
    cast(carts_90 as bigint) as carts_90,
    cast(datediff(as_of, last_session_date) as bigint) as days_since_session
from until
