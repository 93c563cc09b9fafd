-- What each customer brought and when: the part of customer_value that no model makes, for a source without costs.
with lines as (
    select customer_id, order_id, order_date, line_type = 'sale' as sold, amount
    from order_items
    where item_kind = 'product' and line_type in ('sale', 'return') and customer_id is not null
),

sales as (
    select customer_id, order_id, min(order_date) as day from lines where sold group by all
),

-- a return belongs to the order that it names, else to the last day of sales before it
placed as (
    select
        l.customer_id, amount,
        coalesce(
            s.day,
            (select max(b.order_date) from lines as b where b.sold and b.customer_id = l.customer_id and b.order_date <= l.order_date)
        ) as day
    from lines as l
    left join sales as s on s.customer_id = l.customer_id and s.order_id = l.order_id
),

days as (
    select customer_id, day, sum(amount) as value from placed where day is not null group by all having sum(amount) > 0
),

told as (
    select
        customer_id,
        list(day order by day) as days,
        list(value order by day) as amounts
    from days
    group by customer_id
),

last as (
    select max(order_date) as as_of from order_items where item_kind = 'product' and line_type = 'sale'
),

totals as (
    select
        customer_id,
        min(order_date) filter (sold) as first_order_date,
        max(order_date) filter (sold) as last_order_date,
        sum(amount) as historic_revenue
    from lines
    group by customer_id
    having bool_or(sold)
)

select
    customer_id,
    as_of, first_order_date, last_order_date, historic_revenue,
    historic_revenue as historic_value,
    ifnull(len(days), 0) as purchases,
    ifnull(len(days) - 1, 0) as repeat_purchases,
    ifnull(date_diff('day', days[1], days[-1]), 0) as repeat_span_days,
    date_diff('day', days[1], as_of) as age_days,
    -- purchases have positive values, so adding half a step before cutting off rounds half up
    cast(
        (2 * cast(list_sum(amounts[2:]) * 10000 as hugeint) + len(days) - 1) // nullif(2 * (len(days) - 1), 0) as decimal(22, 0)
    ) * cast(0.0001 as decimal(5, 4)) as mean_purchase_value
from last, totals
left join told using (customer_id)
