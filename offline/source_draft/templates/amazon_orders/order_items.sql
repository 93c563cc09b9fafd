-- Purpose: what was sold on Amazon, without tax, with promotions, shipping and gift wrap as lines of their own.
-- Grain:   one row per row of the newest report of an order, and per promotion, shipping and gift wrap
-- Reads:   raw_orders
with numbered as (
    select
        *,
        -- The report numbers no lines; the same product may be in an order twice.
        concat(`amazon-order-id`, '/', sku, '/', sum(if(part = 'item', 1, 0)) over (
            partition by `amazon-order-id`, sku order by _record.file, _record.block, _record.row, _record.item
        )) as line,
        -- Amazon shows prices without tax in the USA and Canada only.
        if(`sales-channel` rlike '(?i)^amazon[.](com|ca)$', 0, 1) as is_taxed
    from raw_orders
),

valued as (
    select
        *,
        case when part = 'item' then quantity when part in ('shipping', 'gift_wrap') then 1 else -1 end as pieces,
        case part
            when 'item' then `item-price` - is_taxed * coalesce(`item-tax`, 0)
            when 'shipping' then `shipping-price` - is_taxed * coalesce(`shipping-tax`, 0)
            when 'gift_wrap' then `gift-wrap-price` - is_taxed * coalesce(`gift-wrap-tax`, 0)
            -- Written with and without a minus sign.
            when 'item_discount' then -abs(`item-promotion-discount`)
            when 'shipping_discount' then -abs(`ship-promotion-discount`)
        end as value
    from numbered
),

priced as (
    select *, cast(try_divide(value, pieces) as decimal(18, 4)) as unit_price
    from valued
)

select
    _record,
    if(part = 'item', line, concat(line, '/', part)) as order_item_id,
    `amazon-order-id` as order_id,
    'sale' as line_type,
    case part when 'item' then 'product' when 'shipping' then 'shipping' when 'gift_wrap' then 'fee' else 'discount' end as item_kind,
    if(part in ('item', 'item_discount'), sku, part) as product_id,
    if(part in ('item', 'item_discount'), `product-name`, null) as product_name,
    pieces as quantity,
    unit_price,
    cast(pieces * unit_price as decimal(18, 4)) as amount,
    currency,
    cast(null as string) as customer_id,
    `ship-country` as country,
    cast(null as string) as session_id,
    `purchase-date` as ordered_at,
    cast(`purchase-date_local` as date) as order_date
from priced
