-- Purpose: invoice lines as order lines; returns, adjustments and fees are kept and labeled.
-- Grain:   one row per invoice line. The data set has no line numbers: equal lines of a file are numbered, so that each is a row
--          and the same line in two files is one.
-- Reads:   raw_invoices
with cleaned as (
    select
        *,
        trim(InvoiceNo) as invoice,
        trim(StockCode) as stock_code,
        upper(trim(StockCode)) as code,
        trim(Description) as name,
        -- The export writes whole numbers as floats: 17850.0 is customer 17850.
        regexp_replace(trim(CustomerID), '[.]0+$', '') as customer,
        trim(Country) as shipped_to
    from raw_invoices
),

numbered as (
    select
        *,
        row_number() over (
            partition by _record.file, invoice, stock_code, name, Quantity, InvoiceDate, UnitPrice, customer, shipped_to
            order by _record.row
        ) as occurrence
    from cleaned
)

select
    _record,
    lower(concat(
        invoice, '-',
        lpad(hex(xxhash64(stock_code, name, Quantity, InvoiceDate, UnitPrice, customer, shipped_to)), 16, '0'),
        if(occurrence = 1, '', concat('-', occurrence))
    )) as order_item_id,
    invoice as order_id,
    case
        when invoice like 'C%' then 'return'
        when invoice like 'A%' then 'adjustment'
        when Quantity < 0 then 'write_off'
        else 'sale'
    end as line_type,
    case
        when code in ('POST', 'DOT', 'C2') then 'shipping'
        when code in ('BANK CHARGES', 'AMAZONFEE', 'CRUK') then 'fee'
        when code = 'D' then 'discount'
        when code = 'M' or code like 'TEST%' then 'manual'
        when code = 'S' then 'sample'
        when code = 'B' or code like 'ADJUST%' then 'adjustment'
        when code like 'GIFT%' then 'voucher'
        else 'product'
    end as item_kind,
    stock_code as product_id,
    name as product_name,
    Quantity as quantity,
    UnitPrice as unit_price,
    cast(Quantity * UnitPrice as decimal(18, 4)) as amount,
    'GBP' as currency,
    customer as customer_id,
    shipped_to as country,
    cast(null as string) as session_id,
    InvoiceDate as ordered_at,
    cast(InvoiceDate_local as date) as order_date
from numbered
