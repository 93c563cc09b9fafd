-- Purpose: payments and refunds; a payment names no products, so its line is of kind manual.
-- Grain:   one row per charge, and per refund
-- Reads:   raw_charges
with scaled as (
    select
        *,
        timestamp_seconds(booking.at) as booked_at,
        if(booking.refund is null, 1, -1) as quantity,
        -- Stripe's list of currencies without a smaller unit, and of those with three digits.
        cast(booking.amount / case
            when upper(currency) in (
                'BIF', 'CLP', 'DJF', 'GNF', 'JPY', 'KMF', 'KRW', 'MGA', 'PYG', 'RWF', 'VND', 'VUV', 'XAF', 'XOF', 'XPF'
            ) then 1
            when upper(currency) in ('BHD', 'JOD', 'KWD', 'OMR', 'TND') then 1000
            else 100
        end as decimal(18, 4)) as unit_price
    from raw_charges
)

select
    _record,
    concat_ws('/', id, booking.refund) as order_item_id,
    coalesce(nullif(metadata.order_id, ''), id) as order_id,
    if(booking.refund is null, 'sale', 'return') as line_type,
    if(booking.refund is null, 'manual', 'adjustment') as item_kind,
    if(booking.refund is null, 'payment', 'refund') as product_id,
    description as product_name,
    quantity,
    unit_price,
    cast(quantity * unit_price as decimal(18, 4)) as amount,
    upper(currency) as currency,
    coalesce(
        sha2(lower(trim(coalesce(nullif(billing_details.email, ''), nullif(receipt_email, '')))), 256), customer
    ) as customer_id,
    billing_details.address.country,
    cast(null as string) as session_id,
    booked_at as ordered_at,
    cast(from_utc_timestamp(booked_at, '{{timezone}}') as date) as order_date
from scaled
