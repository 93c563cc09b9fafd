-- Purpose: recency, frequency and monetary value of each customer, as of the last day and the month ends before it.
-- Grain:   source, as_of, customer_id
-- Reads:   fct_order_items, customer_lifecycle
with lines as (
    select source, customer_id, order_id, order_date, line_type = 'sale' and item_kind = 'product' as is_sale, net_amount
    from fct_order_items
    where item_kind in ('product', 'discount') and customer_id is not null and line_type in ('sale', 'return')
),
date_ranges as (
    select source, min(order_date) as first_date, max(order_date) as last_date
    from fct_order_items
    where item_kind = 'product' and line_type = 'sale'
    group by source
),
all_days as (
    select source, first_date, last_date as as_of from date_ranges
    union all
    select source, first_date, last_day(add_months(last_date, -months_ago)) as as_of
    from date_ranges lateral view explode(sequence(1, 12)) as months_ago
),
windows as (
    select source, max(window_days) as window_days
    from customer_lifecycle
    group by source
),
-- In a shorter history the customers who will not return look like those who have not returned yet.
days as (
    select source, as_of
    from all_days inner join windows using (source)
    where datediff(as_of, first_date) + 1 >= 2 * window_days
),
-- An order with sale lines on two days counts once, from the first of them.
order_days as (
    select
        source, customer_id, order_id, order_date,
        bool_or(is_sale) as is_sale,
        sum(net_amount) as net_amount
    from lines
    group by source, customer_id, order_id, order_date
),
with_new_orders as (
    select
        source, customer_id, order_date, is_sale, net_amount,
        is_sale and row_number() over (
            partition by source, customer_id, order_id order by is_sale desc, order_date asc
        ) = 1 as is_new_order
    from order_days
),
totals as (
    select
        source, as_of, customer_id,
        max(if(is_sale, order_date, null)) as last_order_date,
        count_if(is_new_order) as frequency,
        sum(net_amount) as monetary_amount
    from with_new_orders inner join days using (source)
    where order_date <= as_of
    group by source, as_of, customer_id
    having count_if(is_new_order) > 0
),
-- Five scores need five values.
scorable_days as (
    select source, as_of
    from totals
    group by source, as_of
    having count(distinct last_order_date) >= 5
),
ranked as (
    select
        *,
        rank() over (partition by source, as_of order by last_order_date) - 1 as less_recent,
        rank() over (partition by source, as_of order by frequency) - 1 as less_frequent,
        rank() over (partition by source, as_of order by monetary_amount) - 1 as less_spent,
        count(*) over (partition by source, as_of, last_order_date) - 1 as as_recent,
        count(*) over (partition by source, as_of, frequency) - 1 as as_frequent,
        count(*) over (partition by source, as_of, monetary_amount) - 1 as as_spent,
        count(*) over (partition by source, as_of) as customers
    from totals inner join scorable_days using (source, as_of)
),
scored as (
    select
        *,
        cast(1 + 5 * (2 * less_recent + as_recent) div (2 * customers) as int) as recency_score,
        cast(1 + 5 * (2 * less_frequent + as_frequent) div (2 * customers) as int) as frequency_score,
        cast(1 + 5 * (2 * less_spent + as_spent) div (2 * customers) as int) as monetary_score
    from ranked
),
segments as (
    select *
    from
        values
        (5, array('New', 'Potential Loyalist', 'Potential Loyalist', 'Champions', 'Champions')),
        (4, array('Promising', 'Potential Loyalist', 'Potential Loyalist', 'Loyal', 'Champions')),
        (3, array('Promising', 'About To Sleep', 'Need Attention', 'Loyal', 'Loyal')),
        (2, array('Hibernating', 'About To Sleep', 'At Risk', 'At Risk', 'At Risk')),
        (1, array('Lost', 'Hibernating', 'At Risk', "Can't Lose", "Can't Lose")) as segments (recency_score, names)
)
select
    customer_id,
    as_of,
    cast(datediff(as_of, last_order_date) as bigint) as recency_days,
    frequency,
    cast(monetary_amount as decimal(18, 4)) as monetary_amount,
    last_order_date,
    recency_score,
    frequency_score,
    monetary_score,
    concat(recency_score, frequency_score, monetary_score) as rfm_score,
    element_at(names, cast((frequency_score + monetary_score + 1) div 2 as int)) as segment,
    source
from scored inner join segments using (recency_score)
