-- Purpose: the seven tables of thelook as canonical rows, read directly from the files.
-- Dialect: DuckDB; the variable `raw` is the folder of the files.
create macro cells(name) as table
select * from read_csv(getvariable('raw') || '/' || name || '.csv.gz', all_varchar = true, header = true, quote = '"', nullstr = '');

create table users as from cells('users');
create table goods as from cells('products');
create table units as from cells('inventory_items');
create table lines as from cells('order_items') where status <> 'Cancelled';
create table pages as
select *, cast(created_at as timestamp) as instant, cast(sequence_number as int) as place,
    if(uri like '/product/%', uri[10:], null) as viewed
from cells('events');

-- Cart and purchase events belong to the product that the session viewed last.
create table events as
with named as (
    select pages.*, looked.viewed as last_viewed
    from pages
    asof left join (from pages where viewed is not null) as looked
        on pages.session_id = looked.session_id and pages.place >= looked.place
)

select
    named.id as event_id,
    instant as event_time,
    cast(instant as date) as event_date,
    case
        when event_type = 'product' then 'view'
        when event_type in ('cart', 'purchase') then event_type
        else 'page'
    end as event_type,
    goods.id as product_id,
    goods.category as category_id,
    goods.category,
    goods.brand,
    cast(goods.retail_price as decimal(18, 4)) as price,
    if(goods.id is null, null, 1) as quantity,
    user_id,
    session_id,
    cast(null as varchar) as order_id,
    strftime(instant, '%Y-%m') as period
from named
left join goods on named.last_viewed = goods.id and event_type in ('product', 'cart', 'purchase');

create table order_items as
with booked as (
    select id as order_item_id, lines.*, 'sale' as line_type, 1 as sign, cast(created_at as timestamp) as instant from lines
    union all by name
    select id || '/return' as order_item_id, lines.*, 'return' as line_type, -1 as sign, cast(returned_at as timestamp) as instant
    from lines
    where returned_at is not null
)

select
    order_item_id,
    order_id,
    line_type,
    'product' as item_kind,
    booked.product_id,
    goods.name as product_name,
    sign as quantity,
    cast(sale_price as decimal(18, 4)) as unit_price,
    cast(sign * cast(sale_price as decimal(18, 4)) as decimal(18, 4)) as amount,
    'USD' as currency,
    user_id as customer_id,
    users.country,
    cast(null as varchar) as session_id,
    instant as ordered_at,
    cast(instant as date) as order_date,
    strftime(instant, '%Y-%m') as period
from booked
left join goods on booked.product_id = goods.id
left join users on booked.user_id = users.id;

create table orders as
select
    heads.order_id,
    'sale' as order_type,
    heads.user_id as customer_id,
    min(country) as country,
    'USD' as currency,
    cast(null as varchar) as session_id,
    count(*) as lines,
    sum(quantity) as units,
    sum(amount) as amount,
    cast(heads.created_at as timestamp) as ordered_at,
    cast(heads.created_at as date) as order_date,
    heads.created_at[:7] as period
from cells('orders') as heads inner join order_items using (order_id)
where heads.status <> 'Cancelled'
group by heads.order_id, heads.user_id, heads.created_at;

create table inventory as
select
    units.id as inventory_id,
    units.product_id,
    centers.id as location_id,
    centers.name as location,
    1 as quantity,
    cast(cost as decimal(18, 4)) as unit_cost,
    named.id as order_item_id,
    cast(units.created_at as timestamp) as received_at,
    cast(units.sold_at as timestamp) as left_at,
    strftime(received_at, '%Y-%m') as period
from units
left join cells('distribution_centers') as centers on product_distribution_center_id = centers.id
left join lines as named on named.inventory_item_id = units.id;

create table observed_products as
select
    id as product_id,
    name as product_name,
    category as category_id,
    category,
    brand,
    cast(retail_price as decimal(18, 4)) as list_price,
    cast(cost as decimal(18, 4)) as unit_cost,
    (select count(*) from units where units.product_id = goods.id and sold_at is null) as stock,
    timestamp '2026-11-01' as observed_at,
    '2026-11' as period
from goods;

create table categories as
select distinct
    category as category_id,
    category as category_name,
    cast(null as varchar) as parent_id,
    category as root_id,
    [category] as path_ids,
    category as path,
    1 as depth,
    cast(null as decimal(9, 6)) as planned_margin,
    timestamp '2026-11-01' as observed_at,
    '2026-11' as period
from goods;

create table observed_customers as
select id as customer_id, country, cast(created_at as timestamp) as registered_at, timestamp '2026-11-01' as observed_at, '2026-11' as period
from users;
