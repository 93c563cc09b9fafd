-- Purpose: the valid rows of the generated shop's four kinds of files.
-- Dialect: DuckDB; the variable `raw` is the folder of the files. A line with too few or too many cells,
--          or that is not UTF-8, is not a record. Equal rows count once.
create table events as
with cells as (
    select distinct *
    from read_csv(
        getvariable('raw') || '/events-*.csv',
        all_varchar = true, header = true, delim = ',', quote = '"', escape = '"', nullstr = '', ignore_errors = true
    )
),

typed as (
    select
        * replace (
            try_strptime(event_time, '%Y-%m-%dT%H:%M:%SZ') as event_time,
            try_cast(price as decimal(18, 4)) as price,
            try_cast(quantity as int) as quantity
        ),
        (price is not null and try_cast(price as decimal(18, 4)) is null)
        or (quantity is not null and try_cast(quantity as int) is null) as unreadable
    from cells
)

select
    * exclude (unreadable),
    cast(null as varchar) as category_id,
    cast(null as varchar) as category,
    cast(null as varchar) as brand,
    cast(null as varchar) as order_id,
    cast(event_time as date) as event_date,
    strftime(event_time, '%Y-%m') as period
from typed
where not unreadable
    and event_id is not null
    and event_time is not null
    and event_type in ('view', 'cart', 'remove_from_cart', 'purchase')
    and product_id is not null
    and coalesce(price, 0) >= 0;

create table order_items as
with cells as (
    select distinct *
    from read_csv(
        getvariable('raw') || '/order_lines-*.csv',
        all_varchar = true, header = true, delim = ',', quote = '"', escape = '"', nullstr = '', ignore_errors = true
    )
),

typed as (
    select
        * replace (
            try_strptime(ordered_at, '%Y-%m-%dT%H:%M:%SZ') as ordered_at,
            try_cast(quantity as int) as quantity,
            try_cast(unit_price as decimal(18, 4)) as unit_price
        )
    from cells
)

select
    * exclude (line_no),
    order_id || '/' || line_no as order_item_id,
    'product' as item_kind,
    cast(quantity * unit_price as decimal(18, 4)) as amount,
    'EUR' as currency,
    cast(ordered_at as date) as order_date,
    strftime(ordered_at, '%Y-%m') as period
from typed
where order_id is not null
    and line_no is not null
    and ordered_at is not null
    and line_type in ('sale', 'return', 'adjustment', 'write_off')
    and product_id is not null
    and quantity is not null
    and (unit_price >= 0 or (unit_price < 0 and line_type = 'adjustment'));

create table observed_products as
with cells as (
    select distinct *
    from read_csv(
        getvariable('raw') || '/products-*.csv',
        all_varchar = true, header = true, delim = ',', quote = '"', escape = '"', nullstr = '', ignore_errors = true
    )
)

select
    product_id, product_name, category_id, category, brand,
    try_cast(list_price as decimal(18, 4)) as list_price,
    try_cast(unit_cost as decimal(18, 4)) as unit_cost,
    try_cast(stock as bigint) as stock,
    try_strptime(updated_at, '%Y-%m-%dT%H:%M:%SZ') as observed_at,
    strftime(try_strptime(updated_at, '%Y-%m-%dT%H:%M:%SZ'), '%Y-%m') as period
from cells
where product_id is not null
    and observed_at is not null
    and (cells.list_price is null or try_cast(cells.list_price as decimal(18, 4)) >= 0)
    and (cells.unit_cost is null or try_cast(cells.unit_cost as decimal(18, 4)) >= 0)
    and (cells.stock is null or try_cast(cells.stock as bigint) is not null);

create table observed_customers as
with cells as (
    select distinct *
    from read_csv(
        getvariable('raw') || '/customers-*.csv',
        all_varchar = true, header = true, delim = ',', quote = '"', escape = '"', nullstr = '', ignore_errors = true
    )
)

select
    customer_id, country,
    try_strptime(cells.registered_at, '%Y-%m-%dT%H:%M:%SZ') as registered_at,
    try_strptime(updated_at, '%Y-%m-%dT%H:%M:%SZ') as observed_at,
    strftime(try_strptime(updated_at, '%Y-%m-%dT%H:%M:%SZ'), '%Y-%m') as period
from cells
where customer_id is not null
    and observed_at is not null
    and (cells.registered_at is null or try_strptime(cells.registered_at, '%Y-%m-%dT%H:%M:%SZ') is not null);
