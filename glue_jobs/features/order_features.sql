-- Purpose: how each order differs from what was usual before it: for its products, for its customer, for the shop.
-- Grain:   source, order_id
-- Reads:   fct_order_items
with lines as (
    select
        order_id, coalesce(customer_id, order_id) as buyer, customer_id, product_id, ordered_at,
        line_type = 'sale' as is_sale, quantity, cast(net_amount as double) as net_amount,
        if(unit_price > 0, ln(cast(unit_price as double)), null) as log_price,
        ln(cast(abs(quantity) + 1 as double)) as log_quantity
    from fct_order_items
    where item_kind = 'product' and line_type in ('sale', 'return')
),
order_products as (
    select
        order_id, product_id,
        min(buyer) as buyer,
        min(ordered_at) as ordered_at,
        max(quantity) as quantity,
        max(log_quantity) as log_quantity,
        min(log_price) as log_price,
        count(*) as sale_lines
    from lines
    where is_sale and quantity > 0
    group by order_id, product_id
),
earlier_sales as (
    select
        *,
        count(*) over earlier as sales_before,
        avg(log_quantity) over earlier as usual_log_quantity,
        avg(log_price) over earlier as usual_log_price,
        avg(log_quantity * log_quantity) over earlier as usual_squared_quantity,
        lag(ordered_at) over (partition by buyer, product_id order by ordered_at, order_id) is null as is_new_to_buyer
    from order_products
    window earlier as (
        partition by product_id order by ordered_at, order_id rows between unbounded preceding and 1 preceding
    )
),
compared as (
    select
        order_id, product_id, quantity, sale_lines, is_new_to_buyer,
        coalesce(sales_before, 0) as sales_before,
        log_quantity - usual_log_quantity as quantity_difference,
        log_price - usual_log_price as price_difference,
        sqrt(greatest(usual_squared_quantity - usual_log_quantity * usual_log_quantity, 0)) as usual_spread
    from earlier_sales
),
contents as (
    select
        order_id,
        count(*) as products,
        sum(sale_lines) as sale_lines,
        sum(quantity) as units,
        max(quantity) as max_quantity,
        max(if(sales_before >= 3, quantity_difference / greatest(usual_spread, 0.3), 0)) as max_quantity_score,
        max(if(sales_before >= 3, greatest(price_difference, 0), 0)) as max_price_above,
        max(if(sales_before >= 3, greatest(-price_difference, 0), 0)) as max_price_below,
        max(if(sales_before >= 3, greatest(-price_difference, 0) * ln(1.0D + quantity), 0)) as cheap_units_score,
        avg(if(sales_before = 0, 1.0D, 0.0D)) as new_product_share,
        avg(if(is_new_to_buyer, 1.0D, 0.0D)) as new_to_buyer_share,
        avg(ln(1.0D + sales_before)) as product_popularity
    from compared
    group by order_id
),
movements as (
    select
        order_id, min(buyer) as buyer, min(customer_id) as customer_id, min(ordered_at) as ordered_at,
        unix_seconds(min(ordered_at)) as moment,
        max(if(is_sale, 1, 0)) as is_order,
        sum(if(is_sale, net_amount, 0)) as amount,
        sum(if(is_sale, 0, -net_amount)) as returned_amount,
        max(if(is_sale, 0, 1)) as is_return
    from lines
    group by order_id
),
histories as (
    select
        *,
        sum(is_order) over earlier as orders_before,
        avg(if(is_order = 1, ln(1 + amount), null)) over earlier as usual_log_amount,
        max(if(is_order = 1, moment, null)) over earlier as last_moment,
        sum(is_order) over last_hour as orders_last_hour,
        sum(is_order) over last_day as orders_last_day,
        sum(is_return) over last_month as returns_last_month,
        sum(returned_amount) over last_month as returned_last_month,
        sum(amount) over last_month as amount_last_month
    from movements
    window
        earlier as (partition by buyer order by moment, order_id rows between unbounded preceding and 1 preceding),
        last_hour as (partition by buyer order by moment range between 3600 preceding and current row),
        last_day as (partition by buyer order by moment range between 86400 preceding and current row),
        last_month as (partition by buyer order by moment range between 2592000 preceding and current row)
)
select
    order_id,
    customer_id,
    ordered_at,
    cast(amount as decimal(18, 4)) as amount,
    cast(products as bigint) as products,
    cast(sale_lines as bigint) as sale_lines,
    cast(units as bigint) as units,
    cast(max_quantity as bigint) as max_quantity,
    cast(amount / units as decimal(18, 4)) as mean_unit_price,
    max_quantity_score,
    max_price_above,
    max_price_below,
    cheap_units_score,
    new_product_share,
    new_to_buyer_share,
    product_popularity,
    cast(coalesce(orders_before, 0) as bigint) as orders_before,
    cast(moment - last_moment as double) / 3600 as hours_since_last_order,
    ln(1 + amount) - usual_log_amount as log_amount_difference,
    cast(orders_last_hour as bigint) as orders_last_hour,
    cast(orders_last_day as bigint) as orders_last_day,
    cast(returns_last_month as bigint) as returns_last_month,
    cast(returned_last_month as decimal(18, 4)) as returned_last_month,
    cast(amount_last_month as decimal(18, 4)) as amount_last_month,
    cast(hour(ordered_at) as int) as order_hour
from histories inner join contents using (order_id)
