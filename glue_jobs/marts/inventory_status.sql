-- Purpose: stock, demand, days of cover and reorder point of each product.
-- Grain:   source, product_id
-- Reads:   dim_product, fct_order_items, inventory
with settings as (
    -- 1.645 is the 95 % quantile of the standard normal distribution
    select 90 as window_days, 14 as lead_days, cast(1.645 as double) as safety_factor, 30 as fresh_days, 90 as dead_days
),
date_ranges as (
    select source, min(order_date) as first_date, max(order_date) as as_of
    from fct_order_items
    where item_kind = 'product' and line_type = 'sale'
    group by source
),
inventory_lots as (
    select
        source, product_id, quantity, unit_cost, as_of, received_at,
        date(received_at) <= as_of and (left_at is null or date(left_at) > as_of) as in_stock
    from inventory inner join date_ranges using (source)
),
lots as (
    select
        source, product_id,
        sum(if(in_stock, quantity, 0)) as lot_stock,
        sum(if(in_stock, quantity * unit_cost, 0)) as lot_value,
        sum(if(in_stock, quantity * datediff(as_of, received_at), 0)) / nullif(sum(if(in_stock, quantity, 0)), 0)
            as mean_stock_age_days
    from inventory_lots
    group by source, product_id
),
products as (
    select
        source, product_id, as_of, first_seen_date, mean_stock_age_days,
        coalesce(lot_stock, stock) as stock,
        coalesce(lot_value, stock * unit_cost) as stock_value,
        greatest(date_sub(as_of, window_days - 1), first_date, least(coalesce(first_seen_date, first_date), as_of))
            as from_date
    from dim_product inner join date_ranges using (source) left join lots using (source, product_id) cross join settings
),
daily_sales as (
    select source, product_id, order_date, sum(quantity) as units
    from fct_order_items
    where item_kind = 'product' and line_type = 'sale'
    group by source, product_id, order_date
),
-- Days are numbered from 1. A day without sales adds nothing to any of these sums.
demand as (
    select
        source, product_id,
        max(order_date) as last_sale_date,
        sum(if(order_date >= from_date, units, 0)) as units,
        sum(if(order_date >= from_date, units * units, 0)) as squares,
        sum(if(order_date >= from_date, units * (datediff(order_date, from_date) + 1), 0)) as moments
    from daily_sales inner join products using (source, product_id)
    group by source, product_id
),
measured as (
    select
        source, product_id, as_of, first_seen_date, mean_stock_age_days, stock, stock_value, last_sale_date,
        cast(datediff(as_of, from_date) + 1 as bigint) as days,
        coalesce(units, 0) as units,
        coalesce(squares, 0) as squares,
        coalesce(moments, 0) as moments
    from products left join demand using (source, product_id)
),
statistics as (
    select
        *,
        units / days as demand_mean,
        if(days > 1, (days * squares - units * units) / (days * (days - 1)), null) as demand_variance,
        if(days > 1, 6 * (2 * moments - (days + 1) * units) / (days * (days * days - 1)), null) as demand_trend,
        datediff(as_of, last_sale_date) as days_since_sale,
        datediff(as_of, coalesce(last_sale_date, first_seen_date)) as idle_days,
        if(units > 0, rank() over (partition by source, units > 0 order by units desc) - 1, null) as products_ahead,
        count_if(units > 0) over (partition by source) as sellers
    from measured
),
classified as (
    select
        statistics.*,
        cast(ceil(round(demand_mean * lead_days + safety_factor * sqrt(demand_variance * lead_days), 6)) as bigint) as reorder_point,
        coalesce(5 * products_ahead <= sellers, false) as is_high_demand,
        fresh_days, dead_days
    from statistics cross join settings
)
select
    product_id,
    as_of,
    stock,
    cast(stock_value as decimal(18, 4)) as stock_value,
    mean_stock_age_days,
    days as days_observed,
    units as units_sold,
    demand_mean,
    demand_variance,
    demand_trend,
    stock / nullif(demand_mean, 0) as days_of_cover,
    reorder_point,
    stock <= reorder_point and units > 0 as needs_reorder,
    is_high_demand,
    coalesce(is_high_demand and stock <= reorder_point, false) as is_high_demand_low_stock,
    last_sale_date,
    cast(days_since_sale as bigint) as days_since_sale,
    case
        when stock <= 0 then 'none'
        when stock is null or idle_days is null then null
        when idle_days <= fresh_days then 'fresh'
        when idle_days <= dead_days then 'aging'
        else 'dead'
    end as age_class,
    source
from classified
