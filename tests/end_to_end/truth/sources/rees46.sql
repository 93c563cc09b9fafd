-- Purpose: the valid events of the log, read directly from the file, and the lines, products and customers derived from them.
-- Dialect: DuckDB; the variable `raw` is the folder of the file. A line without nine cells is not a record.
create table events as
with cells as (
    select * from read_csv(
        getvariable('raw') || '/*.csv',
        auto_detect = false, header = true, delim = ',', quote = '"', escape = '"', nullstr = '', ignore_errors = true,
        columns = {
            'event_time': 'varchar', 'event_type': 'varchar', 'product_id': 'varchar', 'category_id': 'varchar',
            'category_code': 'varchar', 'brand': 'varchar', 'price': 'varchar', 'user_id': 'varchar', 'user_session': 'varchar'
        }
    )
),

-- Identical lines are one event.
typed as (
    select distinct
        cast(null as varchar) as event_id,
        try_strptime(event_time, '%Y-%m-%d %H:%M:%S UTC') as event_time,
        event_type, product_id, category_id,
        category_code as category,
        brand,
        price as price_text,
        try_cast(price as decimal(18, 4)) as price,
        user_id,
        user_session as session_id
    from cells
)

select
    * exclude (price_text),
    cast(event_time as date) as event_date,
    1 as quantity,
    cast(null as varchar) as order_id,
    strftime(event_time, '%Y-%m') as period
from typed
where event_time is not null
    and event_type in ('view', 'cart', 'remove_from_cart', 'purchase')
    and product_id is not null
    and (price >= 0 or price_text is null);

-- A purchase event is one unit sold; the purchases of a session on one day are one order. A line needs a price.
create table order_items as
select
    session_id || '/' || cast(event_date as varchar) as order_id,
    'sale' as line_type,
    'product' as item_kind,
    product_id,
    cast(null as varchar) as product_name,
    1 as quantity,
    price as unit_price,
    price as amount,
    'USD' as currency,
    user_id as customer_id,
    cast(null as varchar) as country,
    session_id,
    event_time as ordered_at,
    event_date as order_date,
    period
from events
where event_type = 'purchase' and price is not null;

-- Every event states the attributes of its product.
create table observed_products as
select
    product_id,
    cast(null as varchar) as product_name,
    category_id, category, brand,
    price as list_price,
    cast(null as decimal(18, 4)) as unit_cost,
    cast(null as bigint) as stock,
    event_time as observed_at,
    period
from events;

create table observed_customers (
    customer_id varchar, country varchar, registered_at timestamp, observed_at timestamp, period varchar
);
