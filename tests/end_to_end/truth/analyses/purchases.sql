-- Days with purchases and their value, as known at the end of the day `until`.
with booked as (
    select
        customer_id, order_id, order_date, line_type = 'sale' as sold, net_amount as amount,
        cast(quantity * unit_cost as decimal(18, 4)) as cost
    from truth.fct_order_items left join truth.dim_product using (product_id)
    where item_kind = 'product' and line_type in ('sale', 'return')
),

-- Values are margins if 95 % of sales have a cost; the other lines then get the margin rate of those.
rates as (
    select
        coalesce(
            cast(sum(amount) filter (sold and cost is not null) as double) / cast(sum(amount) filter (sold) as double) >= 0.95, false
        ) as costed,
        1 - cast(sum(cost) as double) / cast(sum(amount) filter (cost is not null) as double) as rate
    from booked
),

lines as (
    select
        booked.*,
        if(costed, coalesce(amount - cost, cast(cast(amount as double) * rate as decimal(18, 4))), amount) as worth
    from booked, rates
    where customer_id is not null and order_date <= getvariable('until')
),

sales as (
    select customer_id, order_id, min(order_date) as day from lines where sold group by all
),

earlier as (
    select customer_id, order_date, max(order_date) filter (sold) over (partition by customer_id order by order_date) as day from lines
)

select customer_id, coalesce(sales.day, before.day) as day, cast(sum(worth) as double) as value
from lines
left join sales using (customer_id, order_id)
left join (select distinct * from earlier) as before using (customer_id, order_date)
where coalesce(sales.day, before.day) is not null
group by all
having sum(amount) > 0
