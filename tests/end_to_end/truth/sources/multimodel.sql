-- Purpose: the documents of both writers as canonical rows, read directly from the files.
-- Dialect: DuckDB; the variable `raw` is the folder of the files. Fields that a writer does not have are null.
create table shoppers as
from read_json(
    getvariable('raw') || '/users*.json.gz',
    columns = {'user_id': 'varchar', 'geo_data': 'struct(country varchar)', 'registration_date': 'timestamp'}
);

create table goods as
from read_json(
    getvariable('raw') || '/products*.json.gz',
    columns = {
        'product_id': 'varchar', 'name': 'varchar', 'category_id': 'varchar', 'subcategory_id': 'varchar',
        'base_price': 'decimal(18,4)', 'current_price': 'decimal(18,4)', 'current_stock': 'bigint',
        'price_history': 'struct(price decimal(18,4), date timestamp)[]'
    }
);

create table branches as
from read_json(
    getvariable('raw') || '/categories*.json.gz',
    columns = {
        'category_id': 'varchar', 'name': 'varchar',
        'subcategories': 'struct(subcategory_id varchar, name varchar, profit_margin decimal(9,6))[]'
    }
);

create table leaves as select category_id, name, unnest(subcategories) as leaf from branches;

create table bought as
from read_json(
    getvariable('raw') || '/transactions*.json.gz',
    columns = {
        'transaction_id': 'varchar', 'session_id': 'varchar', 'user_id': 'varchar', 'timestamp': 'timestamp',
        'items': 'struct(product_id varchar, quantity int, unit_price decimal(18,4), line_total decimal(18,4))[]',
        'discount': 'decimal(18,4)', 'status': 'varchar', 'shipping_address': 'struct(country varchar)'
    }
)
where status <> 'cancelled';

create table visits as
from read_json(
    getvariable('raw') || '/sessions*.json.gz',
    columns = {
        'session_id': 'varchar', 'user_id': 'varchar', 'end_time': 'timestamp',
        'page_views': 'struct(timestamp timestamp, page_type varchar, product_id varchar, category_id varchar)[]',
        'cart_contents': 'map(varchar, struct(quantity int, price decimal(18,4)))', 'conversion_status': 'varchar'
    }
);

create table events as
with seen as (
    select session_id, user_id, unnest(page_views) as page, generate_subscripts(page_views, 1) as place from visits
),

held as (
    select
        session_id, user_id, end_time, conversion_status, len(page_views) as pages, cardinality(cart_contents) as kinds,
        unnest(map_entries(cart_contents)) as entry, generate_subscripts(map_entries(cart_contents), 1) as place
    from visits
),

carted as (
    select session_id, min(page.timestamp) as carted_at from seen where page.page_type = 'cart' group by session_id
),

steps as (
    select
        session_id, user_id, place, page.timestamp as instant, if(page.page_type = 'product_detail', 'view', 'page') as type,
        page.product_id, page.category_id, null as quantity, null as price
    from seen
    union all
    select
        session_id, user_id, pages + place, coalesce(carted_at, end_time), 'cart', entry.key, null, entry.value.quantity,
        entry.value.price
    from held left join carted using (session_id)
    union all
    select
        session_id, user_id, pages + kinds + place, end_time, 'purchase', entry.key, null, entry.value.quantity, entry.value.price
    from held
    where conversion_status = 'converted'
),

was as (select product_id, unnest(price_history) as h from goods)

select
    session_id || '/' || place as event_id,
    instant as event_time,
    cast(instant as date) as event_date,
    type as event_type,
    steps.product_id,
    coalesce(steps.category_id, goods.category_id) as category_id,
    cast(null as varchar) as category,
    cast(null as varchar) as brand,
    coalesce(steps.price, was.h.price) as price,
    quantity,
    user_id,
    session_id,
    cast(null as varchar) as order_id,
    strftime(instant, '%Y-%m') as period
from steps
asof left join was on steps.product_id = was.product_id and steps.instant >= was.h.date
left join goods on steps.product_id = goods.product_id;

create table order_items as
with items as (select * exclude (items), unnest(items) as item from bought),

lines as (
    select items.*, 'product' as item_kind, item.product_id, item.quantity, item.unit_price from items
    union all by name
    select items.*, 'discount' as item_kind, item.product_id, -1 as quantity, item.quantity * item.unit_price - item.line_total as unit_price
    from items
    where item.quantity * item.unit_price > item.line_total
    union all by name
    select bought.*, 'discount' as item_kind, 'DISCOUNT' as product_id, -1 as quantity, discount as unit_price
    from bought
    where discount > 0
),

booked as (
    select *, 'sale' as line_type, 1 as sign from lines
    union all
    select *, 'return' as line_type, -1 as sign from lines where status in ('refunded', 'returned')
)

select
    transaction_id as order_id,
    line_type,
    item_kind,
    booked.product_id,
    goods.name as product_name,
    sign * booked.quantity as quantity,
    cast(unit_price as decimal(18, 4)) as unit_price,
    cast(sign * booked.quantity * unit_price as decimal(18, 4)) as amount,
    'USD' as currency,
    booked.user_id as customer_id,
    coalesce(shipping_address.country, geo_data.country) as country,
    session_id,
    timestamp as ordered_at,
    cast(timestamp as date) as order_date,
    strftime(timestamp, '%Y-%m') as period
from booked
left join goods on booked.product_id = goods.product_id
left join shoppers on booked.user_id = shoppers.user_id;

create table observed_products as
select
    product_id,
    goods.name as product_name,
    subcategory_id as category_id,
    leaf.name as category,
    cast(null as varchar) as brand,
    coalesce(current_price, base_price) as list_price,
    cast(coalesce(current_price, base_price) * (1 - leaf.profit_margin) as decimal(18, 4)) as unit_cost,
    current_stock as stock,
    timestamp '2026-11-01' as observed_at,
    '2026-11' as period
from goods left join leaves on subcategory_id = leaf.subcategory_id;

create table categories as
select
    category_id, name as category_name, cast(null as varchar) as parent_id, category_id as root_id, [category_id] as path_ids,
    name as path, 1 as depth, cast(null as decimal(9, 6)) as planned_margin, timestamp '2026-11-01' as observed_at,
    '2026-11' as period
from branches
union all
select
    leaf.subcategory_id, leaf.name, category_id, category_id, [category_id, leaf.subcategory_id],
    name || ' > ' || leaf.name, 2, leaf.profit_margin, timestamp '2026-11-01', '2026-11'
from leaves;

create table observed_customers as
select user_id as customer_id, geo_data.country, registration_date as registered_at, timestamp '2026-11-01' as observed_at, '2026-11' as period
from shoppers;
