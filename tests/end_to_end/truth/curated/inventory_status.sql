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
        -- Normal equations in integers: DuckDB's regression loses digits where the slope is close to zero.
        (count(*) * sum(units * day) - sum(units) * sum(day)) / nullif(count(*) * sum(day * day) - sum(day) ** 2, 0) as trend
    from numbered
    group by product_id
),

last_sales as (
    select product_id, max(order_date) as last_sale_date from sales group by product_id
),

rated as (
    select
        *,
        cast(ceil(round(14 * mean + 1.645::double * sqrt(14 * variance), 6)) as bigint) as reorder_point,
        date_diff('day', ifnull(last_sale_date, first_seen_date), as_of) as idle,
        (select count(*) from demand as other where other.units_sold > demand.units_sold) as products_ahead,
        (select count(*) from demand as other where other.units_sold > 0) as sellers
    from spans
    join demand using (product_id)
    left join last_sales using (product_id)
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
    if(units_sold > 0, stock <= reorder_point, false) as needs_reorder,
    units_sold > 0 and products_ahead <= sellers / 5 as is_high_demand,
    ifnull(units_sold > 0 and products_ahead <= sellers / 5 and stock <= reorder_point, false) as is_high_demand_low_stock,
    last_sale_date,
    date_diff('day', last_sale_date, as_of) as days_since_sale,
    case when stock <= 0 then 'none' when stock > 0 then
        case when idle <= 30 then 'fresh' when idle <= 90 then 'aging' when idle > 90 then 'dead' end
    end as age_class
from rated
