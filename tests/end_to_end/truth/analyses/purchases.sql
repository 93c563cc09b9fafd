-- Days with purchases and their value, as known at the end of the day `until`, for a source without costs.
with lines as (
    select *, line_type = 'sale' as sold
    from truth.fct_order_items
    where item_kind = 'product' and line_type in ('sale', 'return') and customer_id is not null and order_date <= getvariable('until')
),

sales as (
    select customer_id, order_id, min(order_date) as day from lines where sold group by all
),

earlier as (
    select customer_id, order_date, max(order_date) filter (sold) over (partition by customer_id order by order_date) as day from lines
)

select customer_id, coalesce(sales.day, before.day) as day, cast(sum(net_amount) as double) as value
from lines
left join sales using (customer_id, order_id)
left join (select distinct * from earlier) as before using (customer_id, order_date)
where coalesce(sales.day, before.day) is not null
group by all
having sum(net_amount) > 0
