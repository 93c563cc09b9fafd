-- Purpose: every order line, with its contribution to gross, returned and net sales.
-- Grain:   source, order_item_id, ordered_at
-- Reads:   order_items
-- The rule for sales of days to come: they are kept, but no figure and no last day of sales counts them before their day (UTC).
with known_lines as (
    select
        order_item_id, order_id, if(date(ordered_at) > current_date(), 'future', line_type) as line_type, item_kind, product_id,
        product_name, quantity, unit_price, amount, currency, customer_id, country, session_id, ordered_at, order_date,
        source, period
    from order_items
),
discounted_orders as (
    select distinct source, period, order_id
    from known_lines
    where item_kind = 'discount' and line_type in ('sale', 'return')
),
discounted_lines as (
    select
        source, period, order_id, line_type, item_kind, product_id, quantity, unit_price, amount, order_item_id, ordered_at,
        if(item_kind = 'product', cast(abs(amount) * 10000 as decimal(19, 0)), 0) as weight
    from known_lines left semi join discounted_orders using (source, period, order_id)
    where line_type in ('sale', 'return') and item_kind in ('product', 'discount')
),
weighted as (
    select
        *,
        sum(weight) over (partition by source, period, order_id) as order_weight,
        sum(weight) over (partition by source, period, order_id, line_type) as type_weight,
        sum(weight) over (partition by source, period, order_id, line_type, product_id) as product_weight
    from discounted_lines
),
-- A discount that names a product of the order belongs to it; another one belongs to all lines of its type, or else to the others.
targeted as (
    select
        *,
        if(type_weight > 0 or item_kind = 'product', line_type, if(line_type = 'sale', 'return', 'sale')) as target_type,
        if(item_kind = 'discount' and order_weight > 0, cast(-amount * 10000 as decimal(19, 0)), 0) as discount
    from weighted
),
summed as (
    select
        source, period, order_item_id, ordered_at, item_kind, weight, order_weight, type_weight, product_weight,
        sum(if(product_weight > 0, discount, 0)) over (partition by source, period, order_id, target_type, product_id)
            as product_discount,
        sum(if(product_weight > 0, 0, discount)) over (partition by source, period, order_id, target_type) as type_discount,
        sum(weight) over (
            partition by source, period, order_id, target_type, product_id
            order by unit_price, quantity, ordered_at, order_item_id
        ) as product_running,
        sum(weight) over (
            partition by source, period, order_id, target_type
            order by product_id, unit_price, quantity, ordered_at, order_item_id
        ) as type_running
    from targeted
),
-- The differences of running shares add up to the discount exactly.
shares as (
    select
        source, period, order_item_id, ordered_at,
        item_kind = 'discount' and order_weight > 0 as is_spread,
        if(
            item_kind = 'discount' or weight = 0, 0,
            product_discount * product_running div product_weight
            - product_discount * (product_running - weight) div product_weight
            + type_discount * type_running div type_weight
            - type_discount * (type_running - weight) div type_weight
        ) as discount_steps
    from summed
),
with_discount as (
    select
        known_lines.*,
        cast(case
            when is_spread then 0
            when item_kind = 'discount' and line_type in ('sale', 'return') then -amount
            else coalesce(discount_steps, 0) * cast(0.0001 as decimal(5, 4))
        end as decimal(18, 4)) as discount_amount
    from known_lines left join shares using (source, period, order_item_id, ordered_at)
)
select
    order_item_id,
    order_id,
    line_type,
    item_kind,
    product_id,
    product_name,
    quantity,
    unit_price,
    amount,
    currency,
    customer_id,
    country,
    session_id,
    ordered_at,
    order_date,
    cast(if(line_type = 'sale' and item_kind != 'discount', amount, 0) as decimal(18, 4)) as gross_amount,
    cast(if(line_type = 'return' and item_kind != 'discount', -amount, 0) as decimal(18, 4)) as returned_amount,
    discount_amount,
    cast(
        if(line_type in ('sale', 'return') and item_kind != 'discount', amount, 0) - discount_amount as decimal(18, 4)
    ) as net_amount,
    source,
    period
from with_discount
