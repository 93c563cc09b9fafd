-- Every customer that the source lists or that ordered, with order totals.
with ids as (
    select customer_id from observed_customers
    union
    select customer_id from order_items where customer_id is not null
),

newest as (
    select distinct on (customer_id) * from truth.customers order by customer_id, observed_at desc
),

last_line as (
    select distinct on (customer_id) customer_id, country
    from order_items
    order by customer_id, ordered_at desc, country desc nulls last
),

sold as (
    select
        customer_id,
        min(order_date) as first_order_date,
        max(order_date) as last_order_date,
        count(distinct order_id) as orders
    from order_items
    where line_type = 'sale' and item_kind = 'product'
    group by customer_id
),

earned as (
    select customer_id, sum(net_amount) as net_amount
    from truth.fct_order_items
    where item_kind = 'product' or item_kind = 'discount'
    group by customer_id
)

select
    customer_id,
    coalesce(newest.country, last_line.country) as country,
    registered_at, first_order_date, last_order_date,
    coalesce(orders, 0) as orders,
    coalesce(net_amount, 0) as net_amount
from ids
left join newest using (customer_id)
left join last_line using (customer_id)
left join sold using (customer_id)
left join earned using (customer_id)
