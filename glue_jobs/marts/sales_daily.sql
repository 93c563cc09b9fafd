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
product_sales as (
    select
        source, order_date as date,
        count(distinct if(line_type = 'sale', order_id, null)) as orders,
        sum(if(line_type = 'sale', quantity, 0)) as units,
        sum(gross_amount) as gross_amount,
        sum(if(line_type = 'return', -quantity, 0)) as returned_units,
        sum(returned_amount) as returned_amount,
        sum(net_amount) as net_amount,
        count(distinct if(line_type = 'sale', customer_id, null)) as buyers
    from fct_order_items
    where item_kind = 'product'
    group by source, order_date
),
other_sales as (
    select source, order_date as date, sum(net_amount) as other_amount
    from fct_order_items
    where item_kind != 'product'
    group by source, order_date
)
select
    date,
    coalesce(orders, 0) as orders,
    coalesce(units, 0) as units,
    cast(coalesce(gross_amount, 0) as decimal(18, 4)) as gross_amount,
    coalesce(returned_units, 0) as returned_units,
    cast(coalesce(returned_amount, 0) as decimal(18, 4)) as returned_amount,
    cast(coalesce(net_amount, 0) as decimal(18, 4)) as net_amount,
    cast(gross_amount / nullif(orders, 0) as decimal(18, 4)) as average_order_value,
    coalesce(buyers, 0) as buyers,
    coalesce(new_buyers, 0) as new_buyers,
    cast(coalesce(other_amount, 0) as decimal(18, 4)) as other_amount,
    source
from dim_date
left join product_sales using (source, date)
left join first_time_buyers using (source, date)
left join other_sales using (source, date)
