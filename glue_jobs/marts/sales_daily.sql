-- Purpose: sales, returns and buyers per day.
-- Grain:   source, date
-- Reads:   dim_date, fct_order_items
with first_purchases as (
    select source, customer_id, min(order_date) as date
    from fct_order_items
    where line_type = 'sale' and item_kind = 'product' and customer_id is not null
    group by source, customer_id
),
first_time_buyers as (
    select source, date, count(*) as new_buyers
    from first_purchases
    group by source, date
),
lines as (
    select
        source, order_date, order_id, customer_id, quantity, gross_amount, returned_amount, discount_amount, net_amount,
        item_kind in ('product', 'discount') as is_counted,
        item_kind = 'product' and line_type = 'sale' as is_sale,
        item_kind = 'product' and line_type = 'return' as is_return
    from fct_order_items
),
sales as (
    select
        source, order_date as date,
        count(distinct if(is_sale, order_id, null)) as orders,
        count(distinct if(is_sale and gross_amount > 0, order_id, null)) as paid_orders,
        sum(if(is_sale, quantity, 0)) as units,
        sum(if(is_sale, gross_amount, 0)) as gross_amount,
        sum(if(is_return, -quantity, 0)) as returned_units,
        sum(if(is_return, returned_amount, 0)) as returned_amount,
        sum(if(is_counted, discount_amount, 0)) as discount_amount,
        sum(if(is_counted, net_amount, 0)) as net_amount,
        sum(if(is_counted, 0, net_amount)) as other_amount,
        count(distinct if(is_sale, customer_id, null)) as buyers
    from lines
    group by source, order_date
)
select
    date,
    coalesce(orders, 0) as orders,
    coalesce(paid_orders, 0) as paid_orders,
    coalesce(units, 0) as units,
    cast(coalesce(gross_amount, 0) as decimal(18, 4)) as gross_amount,
    coalesce(returned_units, 0) as returned_units,
    cast(coalesce(returned_amount, 0) as decimal(18, 4)) as returned_amount,
    cast(coalesce(discount_amount, 0) as decimal(18, 4)) as discount_amount,
    cast(coalesce(net_amount, 0) as decimal(18, 4)) as net_amount,
    cast(gross_amount / nullif(paid_orders, 0) as decimal(18, 4)) as average_order_value,
    coalesce(buyers, 0) as buyers,
    coalesce(new_buyers, 0) as new_buyers,
    cast(coalesce(other_amount, 0) as decimal(18, 4)) as other_amount,
    source
from dim_date
left join sales using (source, date)
left join first_time_buyers using (source, date)
