-- Purpose: what was sold, with discounts, shipping and refunds as lines of their own; an order's sum is without tax.
-- Grain:   one row per line of the newest export of an order, and per discount, shipping, included tax and refund
-- Reads:   raw_orders
with numbered as (
    select
        *,
        sum(if(part = 'line', 1, 0)) over (
            partition by Name order by _record.file, _record.block, _record.row, _record.item
        ) as line
    from raw_orders
),

-- What stands on the first row only, on all rows of the order.
whole as (
    select
        *,
        max(Currency) over (partition by Name) as order_currency,
        max(`Financial Status`) over (partition by Name) as financial_status,
        max(`Cancelled at`) over (partition by Name) as cancelled_at,
        max(`Payment Method`) over (partition by Name) as payment_method,
        max(coalesce(`Shipping Country`, `Billing Country`)) over (partition by Name) as order_country,
        max(sha2(lower(trim(Email)), 256)) over (partition by Name) as customer_id,
        sum(if(part = 'line', `Lineitem quantity` * `Lineitem price` - coalesce(`Lineitem discount`, 0), 0)) over (
            partition by Name
        ) as goods
    from numbered
),

priced as (
    select
        *,
        case when part = 'line' then `Lineitem quantity` when part = 'shipping' then 1 else -1 end as quantity,
        cast(case part
            when 'line' then `Lineitem price`
            when 'line_discount' then `Lineitem discount`
            when 'discount' then goods - Subtotal
            when 'shipping' then Shipping
            when 'included_tax' then Taxes
            -- A refund includes tax in the proportion that the order does.
            when 'refund' then round(try_divide(`Refunded Amount` * (Total - Taxes - coalesce(Duties, 0)), Total), 2)
        end as decimal(18, 4)) as unit_price
    from whole
)

select
    _record,
    case part
        when 'line' then concat(Name, '/', line)
        when 'line_discount' then concat(Name, '/', line, '/discount')
        else concat(Name, '/', part)
    end as order_item_id,
    Name as order_id,
    if(part = 'refund', 'return', 'sale') as line_type,
    case part
        when 'line' then 'product'
        when 'shipping' then 'shipping'
        when 'line_discount' then 'discount'
        when 'discount' then 'discount'
        else 'adjustment'
    end as item_kind,
    if(part in ('line', 'line_discount'), coalesce(`Lineitem sku`, `Lineitem name`), part) as product_id,
    if(part in ('line', 'line_discount'), `Lineitem name`, null) as product_name,
    quantity,
    unit_price,
    cast(quantity * unit_price as decimal(18, 4)) as amount,
    order_currency as currency,
    customer_id,
    order_country as country,
    cast(null as string) as session_id,
    `Created at` as ordered_at,
    cast(`Created at_local` as date) as order_date,
    order_currency,
    financial_status,
    cancelled_at,
    payment_method
from priced
