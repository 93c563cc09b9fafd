-- One row per product and day, zero on days without sales, with DuckDB's statistics over them.
with sales as (
    select * from order_items where item_kind = 'product' and line_type = 'sale'
),

span as (
    select min(order_date) as first_date, max(order_date) as as_of from sales
),

-- Where units are tracked, those received and not gone by the end of the last day.
lots as (
    select
        product_id,
        ifnull(sum(quantity) filter (in_stock), 0) as lot_stock,
        ifnull(sum(quantity * unit_cost) filter (in_stock), 0) as lot_value,
        sum(quantity * date_diff('day', cast(received_at as date), as_of)) filter (in_stock) / sum(quantity) filter (in_stock) as age
    from (
        select *, received_at < as_of + 1 and ifnull(left_at >= as_of + 1, true) as in_stock from inventory, span
    )
    group by product_id
),

spans as (
    select
        product_id, unit_cost, first_seen_date, as_of, age,
        ifnull(lot_stock, stock) as stock,
        ifnull(lot_value, stock * unit_cost) as stock_value,
        greatest(first_date, as_of - 89, if(first_seen_date > as_of, as_of, ifnull(first_seen_date, first_date))) as from_date
    from truth.dim_product left join lots using (product_id), span
    where product_id not in (select product_id from order_items group by product_id having count(*) filter (item_kind = 'product') = 0)
),

days as (
    select product_id, cast(unnest(generate_series(from_date, as_of, interval 1 day)) as date) as order_date from spans
),

by_day as (
    select product_id, order_date, ifnull(sum(quantity), 0) as units
    from days
    left join sales using (product_id, order_date)
    group by product_id, order_date
),

numbered as (
    select product_id, units, date_diff('day', from_date, order_date) as day
    from by_day
    join spans using (product_id)
),

demand as (
    select
        product_id,
        count(*) as days_observed,
        sum(units) as units_sold,
        avg(units) as mean,
        var_samp(units) as variance,
        count(*) * sum(units * units) - sum(units) ** 2 > sum(units) * (count(*) - 1) as varies,
        -- Normal equations in integers: DuckDB's regression loses digits where the slope is close to zero.
        (count(*) * sum(units * day) - sum(units) * sum(day)) / nullif(count(*) * sum(day * day) - sum(day) ** 2, 0) as trend
    from numbered
    group by product_id
),

last_sales as (
    select product_id, max(order_date) as last_sale_date from sales group by product_id
),

-- The probability of each number of items, from the closed formulas, for products that sell fewer than 20 in 14 days.
slow as (
    select product_id, varies, 14 * mean as m, 14 * variance as v, m * m / (v - m) as r, m / v as p
    from demand
    where mean > 0 and 14 * mean < 20 and variance is not null
),

chances as (
    select
        product_id, k,
        sum(if(
            varies,
            exp(lgamma(k + r) - lgamma(r) - lgamma(k + 1) + r * ln(p) + k * ln(1 - p)),
            exp(k * ln(m) - m - lgamma(k + 1))
        )) over (partition by product_id order by k) as covered
    from slow, range(0, 1001) as t (k)
),

quantiles as (
    select product_id, coalesce(min(k) filter (covered >= 0.95 - 1e-9), 1000) as quantile from chances group by product_id
),

rated as (
    select
        *,
        case
            when variance is null then null
            when quantile is not null then quantile
            else cast(ceil(round(14 * mean + 1.645::double * sqrt(14 * variance), 6)) as bigint)
        end as reorder_point,
        date_diff('day', ifnull(last_sale_date, first_seen_date), as_of) as idle,
        (select count(*) from demand as other where other.units_sold > demand.units_sold) as products_ahead,
        (select count(*) from demand as other where other.units_sold > 0) as sellers
    from spans
    join demand using (product_id)
    left join last_sales using (product_id)
    left join quantiles using (product_id)
)

select
    product_id, as_of, stock,
    stock_value,
    age as mean_stock_age_days,
    days_observed, units_sold,
    mean as demand_mean,
    variance as demand_variance,
    trend as demand_trend,
    if(units_sold > 0, stock / mean, null) as days_of_cover,
    reorder_point,
    if(units_sold > 0, stock < reorder_point or stock < 14 * mean, false) as needs_reorder,
    units_sold > 4 and products_ahead <= sellers / 5 as is_high_demand,
    ifnull(is_high_demand and needs_reorder, false) as is_high_demand_low_stock,
    last_sale_date,
    date_diff('day', last_sale_date, as_of) as days_since_sale,
    case when stock <= 0 then 'none' when stock > 0 then
        case when idle <= 30 then 'fresh' when idle <= 90 then 'aging' when idle > 90 then 'dead' end
    end as age_class
from rated
