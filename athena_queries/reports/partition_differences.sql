-- Purpose: partitions of processed tables that hold other rows than the run history recorded; empty for a sound lake.
-- Grain:   source, table_name, period
-- Reads:   etl_runs, categories, customers, events, inventory, order_items, orders, product_properties, products, quarantine
with recorded as (
    select
        r.source,
        p.partition_name,
        max_by(p.partition_rows, r.run_id) as rows_recorded
    from etl_runs as r
    cross join unnest(r.rows_by_partition) as p (partition_name, partition_rows)  -- noqa: AL05
    where r.job = 'conform' and r.status = 'succeeded'
    group by r.source, p.partition_name
),

every_row as (
    select source, concat('categories/', period) as partition_name from categories
    union all
    select source, concat('customers/', period) as partition_name from customers
    union all
    select source, concat('events/', period) as partition_name from events
    union all
    select source, concat('inventory/', period) as partition_name from inventory
    union all
    select source, concat('order_items/', period) as partition_name from order_items
    union all
    select source, concat('orders/', period) as partition_name from orders
    union all
    select source, concat('product_properties/', period) as partition_name from product_properties
    union all
    select source, concat('products/', period) as partition_name from products
    union all
    select source, concat('quarantine/', period) as partition_name from quarantine
),

held as (
    select source, partition_name, count(*) as rows_held
    from every_row
    group by source, partition_name
)

select
    coalesce(r.source, h.source) as source,
    split_part(coalesce(r.partition_name, h.partition_name), '/', 1) as table_name,
    split_part(coalesce(r.partition_name, h.partition_name), '/', 2) as period,
    coalesce(r.rows_recorded, 0) as rows_recorded,
    coalesce(h.rows_held, 0) as rows_held
from recorded as r
full outer join held as h on r.source = h.source and r.partition_name = h.partition_name
where coalesce(r.rows_recorded, 0) <> coalesce(h.rows_held, 0)
order by source, table_name, period
