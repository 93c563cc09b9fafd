-- Purpose: the samples of the event log, item properties and category tree, read directly from the files.
-- Dialect: DuckDB; the variable `raw` is the folder of the files. The sample of properties has no times: its values are always valid.
create table properties as
select distinct itemid, property, num_value as value
from read_csv(getvariable('raw') || '/item_properties_sample.csv', all_varchar = true, header = true, delim = ',', nullstr = '');

-- The highest of several prices of an item counts.
create table prices as
select itemid, max(cast(value as decimal(18, 4))) as price
from properties
where property = '790'
group by itemid;

-- Identical lines are one event.
create table events as
with lines as (
    select distinct *
    from read_csv(getvariable('raw') || '/sample_events.csv', all_varchar = true, header = true, delim = ',', nullstr = '')
)

select
    cast(null as varchar) as event_id,
    epoch_ms(cast("timestamp" as bigint)) as event_time,
    cast(event_time as date) as event_date,
    replace(replace(event, 'addtocart', 'cart'), 'transaction', 'purchase') as event_type,
    itemid as product_id,
    cast(null as varchar) as category_id,
    cast(null as varchar) as category,
    cast(null as varchar) as brand,
    price,
    1 as quantity,
    visitorid as user_id,
    cast(null as varchar) as session_id,
    transactionid as order_id,
    strftime(event_time, '%Y-%m') as period
from lines left join prices using (itemid);

-- A transaction is one unit sold. A line needs a price.
create table order_items as
select
    order_id,
    'sale' as line_type,
    'product' as item_kind,
    product_id,
    cast(null as varchar) as product_name,
    1 as quantity,
    price as unit_price,
    price as amount,
    cast(null as varchar) as currency,
    user_id as customer_id,
    cast(null as varchar) as country,
    session_id,
    event_time as ordered_at,
    event_date as order_date,
    period
from events
where event_type = 'purchase' and price is not null;

create table observed_products as
select
    itemid as product_id,
    cast(null as varchar) as product_name,
    cast(null as varchar) as category_id,
    cast(null as varchar) as category,
    cast(null as varchar) as brand,
    any_value(price) as list_price,
    cast(null as decimal(18, 4)) as unit_cost,
    cast(null as bigint) as stock,
    timestamp '2026-11-01' as observed_at,
    '2026-11' as period
from properties left join prices using (itemid)
group by itemid;

create table observed_customers (
    customer_id varchar, country varchar, registered_at timestamp, observed_at timestamp, period varchar
);

create table product_properties as
select
    itemid as product_id,
    property,
    value,
    try_cast(value as decimal(38, 4)) as number,
    cast(null as timestamp) as valid_from,
    timestamp '2026-11-01' as observed_at,
    '2026-11' as period
from properties;

create table categories as
with recursive tree as (
    select * from read_csv(getvariable('raw') || '/category_tree.csv', all_varchar = true, header = true, delim = ',', nullstr = '')
),

walked as (
    select categoryid, parentid, [categoryid] as path_ids from tree where parentid is null
    union all
    select tree.categoryid, tree.parentid, list_append(path_ids, tree.categoryid)
    from tree inner join walked on tree.parentid = walked.categoryid
)

select
    categoryid as category_id,
    cast(null as varchar) as category_name,
    parentid as parent_id,
    path_ids[1] as root_id,
    path_ids,
    array_to_string(path_ids, ' > ') as path,
    len(path_ids) as depth,
    cast(null as decimal(9, 6)) as planned_margin,
    timestamp '2026-11-01' as observed_at,
    '2026-11' as period
from walked;
