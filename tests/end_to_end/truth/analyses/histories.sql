-- Purchases and value of each customer: the part of customer_value that does not come from a model.
with last as (
    select max(order_date) as as_of from order_items where item_kind = 'product' and line_type = 'sale'
),

booked as (
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
    from booked, rates, last
    where customer_id is not null and order_date <= as_of
),

sales as (
    select customer_id, order_id, min(order_date) as day from lines where sold group by all
),

-- A return counts against the order that it names, else against the customer's last day of sales before it.
dated as (
    select
        l.customer_id, amount, worth,
        coalesce(
            s.day,
            (
                select max(b.order_date) from lines as b
                where b.sold and b.customer_id = l.customer_id and b.order_date <= l.order_date
            )
        ) as day
    from lines as l
    left join sales as s on s.customer_id = l.customer_id and s.order_id = l.order_id
),

days as (
    select customer_id, day, sum(worth) as value from dated where day is not null group by all having sum(amount) > 0
),

purchase_lists as (
    select
        customer_id,
        list(day order by day) as days,
        list(value order by day) as amounts
    from days
    group by customer_id
),

totals as (
    select
        customer_id,
        min(order_date) filter (sold) as first_order_date,
        max(order_date) filter (sold) as last_order_date,
        sum(amount) as historic_revenue,
        sum(worth) as historic_value
    from lines
    group by customer_id
    having bool_or(sold)
),

visits as (
    select user_id as customer_id, count(*) as sessions, sum(duration_seconds) / 60 as session_minutes
    from truth.fct_sessions
    where user_id is not null
    group by user_id
)

select
    customer_id,
    as_of, first_order_date, last_order_date, historic_revenue, historic_value,
    if(costed, 'margin', 'revenue') as value_basis,
    ifnull(len(days), 0) as purchases,
    ifnull(len(days) - 1, 0) as repeat_purchases,
    ifnull(date_diff('day', days[1], days[-1]), 0) as days_first_to_last_purchase,
    date_diff('day', days[1], as_of) as tenure_days,
    -- Rounds half away from zero.
    sign(list_sum(amounts[2:])) * cast(
        (2 * cast(abs(list_sum(amounts[2:])) * 10000 as hugeint) + len(days) - 1) // nullif(2 * (len(days) - 1), 0)
        as decimal(22, 0)
    ) * cast(0.0001 as decimal(5, 4)) as mean_purchase_value,
    sessions,
    session_minutes
from last, rates, totals
left join purchase_lists using (customer_id)
left join visits using (customer_id)
