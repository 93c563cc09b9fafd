-- Each customer on the last day and at twelve month ends; scores count the customers with worse values, and half of the equal.
with sales as (
    select * from order_items where item_kind = 'product' and line_type = 'sale'
),

last as (
    select min(order_date) as first_date, max(order_date) as last_date from sales
),

-- At least two windows of customers coming back must have passed.
window_size as (
    select max(window_days) as days from truth.customer_lifecycle
),

all_days as (
    select last_date as as_of from last where last_date is not null
    union all
    select cast(date_trunc('month', last_date) - to_months(back) - interval 1 day as date)
    from last, range(12) as t (back)
),

days as (
    select as_of from all_days, last, window_size where as_of - first_date >= 2 * days - 1
),

bought as (
    select
        as_of, customer_id,
        count(distinct order_id) as frequency,
        max(order_date) as last_order_date
    from days
    join sales on order_date <= as_of
    where customer_id is not null
    group by as_of, customer_id
),

spent as (
    select as_of, customer_id, sum(net_amount) as monetary_amount
    from days
    join truth.fct_order_items on order_date <= as_of
    where item_kind in ('discount', 'product') and line_type in ('sale', 'return')
    group by as_of, customer_id
),

people as (
    select *, date_diff('day', last_order_date, as_of) as recency_days
    from bought
    join spent using (as_of, customer_id)
    qualify count(distinct last_order_date) over (partition by as_of) > 4
),

-- Number of customers at each value and below it.
counts as (
    select
        as_of, what, value,
        sum(n) over (partition by as_of, what order by value) - n as below,
        n,
        sum(n) over (partition by as_of, what) as everyone
    from (
        select as_of, what, value, count(*) as n
        from (
            select as_of, 'r' as what, cast(-recency_days as decimal(18, 4)) as value from people
            union all
            select as_of, 'f', frequency from people
            union all
            select as_of, 'm', monetary_amount from people
        )
        group by all
    )
),

scores as (
    select as_of, what, value, [1, 2, 3, 4, 5][1 + len([s for s in [1, 2, 3, 4] if 5 * (below + (n - 1) / 2) >= s * everyone])] as score
    from counts
),

scored as (
    select people.*, r.score as r, f.score as f, m.score as m, ceil((f.score + m.score) / 2) as fm
    from people
    join scores as r on r.as_of = people.as_of and r.what = 'r' and r.value = -recency_days
    join scores as f on f.as_of = people.as_of and f.what = 'f' and f.value = frequency
    join scores as m on m.as_of = people.as_of and m.what = 'm' and m.value = monetary_amount
)

select
    customer_id, as_of, recency_days, frequency, monetary_amount, last_order_date,
    r as recency_score, f as frequency_score, m as monetary_score,
    printf('%d%d%d', r, f, m) as rfm_score,
    case
        when r = 5 and fm >= 4 or r = 4 and fm = 5 then 'Champions'
        when r = 4 and fm = 4 or r = 3 and fm >= 4 then 'Loyal'
        when r >= 4 and fm in (2, 3) then 'Potential Loyalist'
        when r = 5 then 'New'
        when r >= 3 and fm = 1 then 'Promising'
        when r = 3 and fm = 3 then 'Need Attention'
        when fm = 2 and r in (2, 3) then 'About To Sleep'
        when r = 1 and fm >= 4 then 'Can''t Lose'
        when fm >= 3 then 'At Risk'
        when r + fm = 3 then 'Hibernating'
        else 'Lost'
    end as segment
from scored
