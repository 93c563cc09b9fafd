-- Purpose: stock, demand, days of cover and reorder point of each product.
-- Grain:   source, product_id
-- Reads:   dim_product, fct_order_items, inventory
with settings as (
    -- 1.645 is the 95 % quantile of the standard normal distribution
    select
        90 as window_days, 14 as lead_days, cast(1.645 as double) as safety_factor, cast(0.95 as double) as service_level,
        20 as slow_below, 5 as high_demand_from, 30 as fresh_days, 90 as dead_days
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
-- Postage, fees and discounts have codes among the products, but are never in stock.
services as (
    select source, product_id
    from fct_order_items
    group by source, product_id
    having bool_and(item_kind != 'product')
),
products as (
    select
        source, product_id, as_of, first_seen_date, mean_stock_age_days,
        coalesce(lot_stock, stock) as stock,
        coalesce(lot_value, stock * unit_cost) as stock_value,
        greatest(date_sub(as_of, window_days - 1), first_date, least(coalesce(first_seen_date, first_date), as_of))
            as from_date
    from dim_product
    left anti join services using (source, product_id)
    inner join date_ranges using (source)
    left join lots using (source, product_id)
    cross join settings
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
-- Demand in the lead time: Poisson, or negative binomial where it varies more. Of the latter, size is the number of failures.
lead_time as (
    select
        *,
        demand_mean * lead_days as lead_mean,
        demand_variance * lead_days as lead_variance,
        -- demand_variance > demand_mean, in integers: the two are equal where single items were sold
        days * squares - units * units > units * (days - 1) as is_overdispersed,
        demand_mean * demand_mean * lead_days / nullif(demand_variance - demand_mean, 0) as size
    from statistics cross join settings
),
-- Slow movers have no normal demand: one item in 90 days would give a reorder point of two.
with_quantile as (
    select
        *,
        if(lead_mean > 0 and lead_mean < slow_below, aggregate(
            sequence(1, 1000),
            named_struct(
                'items', 0,
                'chance', if(is_overdispersed, pow(lead_mean / lead_variance, size), exp(-lead_mean)),
                'covered', if(is_overdispersed, pow(lead_mean / lead_variance, size), exp(-lead_mean))
            ),
            (so_far, items) -> if(so_far.covered >= service_level - 1e-9, so_far, named_struct(
                'items', items,
                'chance', so_far.chance / items
                * if(is_overdispersed, (items - 1 + size) * (1 - lead_mean / lead_variance), lead_mean),
                'covered', so_far.covered + so_far.chance / items
                * if(is_overdispersed, (items - 1 + size) * (1 - lead_mean / lead_variance), lead_mean)
            ))
        ).items, null) as slow_quantile
    from lead_time
),
classified as (
    select
        *,
        cast(case
            when lead_variance is null then null
            when slow_quantile is not null then slow_quantile
            else ceil(round(lead_mean + safety_factor * sqrt(lead_variance), 6))
        end as bigint) as reorder_point,
        coalesce(units >= high_demand_from and 5 * products_ahead <= sellers, false) as is_high_demand
    from with_quantile
),
judged as (
    select
        *,
        units > 0 and (stock < reorder_point or stock / nullif(demand_mean, 0) < lead_days) as needs_reorder
    from classified
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
    needs_reorder,
    is_high_demand,
    coalesce(is_high_demand and needs_reorder, false) as is_high_demand_low_stock,
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
from judged
