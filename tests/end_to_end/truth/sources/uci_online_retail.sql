-- Purpose: the invoice lines, read directly from the file, and the products and customers on them.
-- Dialect: DuckDB; the variable `raw` is the folder of the file.
create table events (
    event_id varchar, event_time timestamp, event_type varchar, product_id varchar, category_id varchar, category varchar,
    brand varchar, price decimal(18, 4), user_id varchar, session_id varchar, order_id varchar, event_date date, quantity int, period varchar
);

-- Codes that are not products; all other codes on an invoice are.
create table other_codes as
select * from (values
    ('POST', 'shipping'), ('DOT', 'shipping'), ('C2', 'shipping'),
    ('BANK CHARGES', 'fee'), ('AMAZONFEE', 'fee'), ('CRUK', 'fee'),
    ('D', 'discount'), ('M', 'manual'), ('S', 'sample'), ('B', 'adjustment'),
    ('ADJUST', 'adjustment'), ('ADJUST2', 'adjustment'), ('TEST001', 'manual'), ('TEST002', 'manual')
) as t (code, kind);

create table order_items as
with cells as (
    select * from read_csv(
        getvariable('raw') || '/*.csv.gz',
        auto_detect = false, header = true, delim = ',', quote = '"', escape = '"', nullstr = '', ignore_errors = true,
        columns = {
            'InvoiceNo': 'varchar', 'StockCode': 'varchar', 'Description': 'varchar', 'Quantity': 'varchar',
            'InvoiceDate': 'varchar', 'UnitPrice': 'varchar', 'CustomerID': 'varchar', 'Country': 'varchar'
        }
    )
),

-- Equal lines are lines of their own.
typed as (
    select
        trim(InvoiceNo) as order_id,
        trim(StockCode) as product_id,
        trim(Description) as product_name,
        try_cast(Quantity as int) as quantity,
        try_cast(UnitPrice as decimal(18, 4)) as unit_price,
        split_part(trim(CustomerID), '.', 1) as customer_id,
        trim(Country) as country,
        try_strptime(InvoiceDate, '%Y-%m-%d %H:%M:%S') as ordered_at
    from cells
),

named as (
    select
        *,
        case order_id[1]
            when 'C' then 'return'
            when 'A' then 'adjustment'
            else if(quantity < 0, 'write_off', 'sale')
        end as line_type,
        if(starts_with(upper(product_id), 'GIFT'), 'voucher', coalesce(kind, 'product')) as item_kind
    from typed
    left join other_codes on code = upper(product_id)
)

select
    order_id, line_type, item_kind, product_id, product_name, quantity, unit_price,
    cast(quantity * unit_price as decimal(18, 4)) as amount,
    'GBP' as currency,
    customer_id, country,
    cast(null as varchar) as session_id,
    ordered_at,
    cast(ordered_at as date) as order_date,
    strftime(ordered_at, '%Y-%m') as period
from named
where order_id is not null and product_id is not null and quantity is not null and ordered_at is not null
    and (unit_price >= 0 or (unit_price < 0 and line_type = 'adjustment'));

-- Name and price of a product come from sales that have a name.
create table observed_products as
select
    product_id, product_name,
    cast(null as varchar) as category_id,
    cast(null as varchar) as category,
    cast(null as varchar) as brand,
    unit_price as list_price,
    cast(null as decimal(18, 4)) as unit_cost,
    cast(null as bigint) as stock,
    ordered_at as observed_at,
    period
from order_items
where line_type = 'sale' and item_kind = 'product' and product_name is not null;

create table observed_customers as
select customer_id, country, cast(null as timestamp) as registered_at, ordered_at as observed_at, period
from order_items
where customer_id is not null;
