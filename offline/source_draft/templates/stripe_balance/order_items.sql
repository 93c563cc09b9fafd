-- Purpose: payments, refunds, disputes and fees as they change the balance.
-- Grain:   one row per balance transaction, and per fee
-- Reads:   raw_balance
with scaled as (
    select
        *,
        coalesce(reporting_category, type) as category,
        -- Stripe's list of currencies without a smaller unit, and of those with three digits.
        cast(booking.value / case
            when upper(currency) in (
                'BIF', 'CLP', 'DJF', 'GNF', 'JPY', 'KMF', 'KRW', 'MGA', 'PYG', 'RWF', 'VND', 'VUV', 'XAF', 'XOF', 'XPF'
            ) then 1
            when upper(currency) in ('BHD', 'JOD', 'KWD', 'OMR', 'TND') then 1000
            else 100
        end as decimal(18, 4)) as value
    from raw_balance
),

typed as (
    select
        *,
        case
            when booking.part = 'fee' then 'adjustment'
            when category in ('charge', 'payment') and value >= 0 then 'sale'
            when category in ('refund', 'payment_refund') and value <= 0 then 'return'
            else 'adjustment'
        end as line_type
    from scaled
)

select
    _record,
    if(booking.part = 'fee', concat(id, '/fee'), id) as order_item_id,
    coalesce(source, id) as order_id,
    line_type,
    case
        when line_type = 'sale' then 'manual'
        when booking.part = 'fee' or category rlike 'fee|network_cost' then 'fee'
        else 'adjustment'
    end as item_kind,
    if(booking.part = 'fee', 'fee', category) as product_id,
    description as product_name,
    if(line_type = 'return', -1, 1) as quantity,
    if(line_type = 'return', -value, value) as unit_price,
    value as amount,
    upper(currency) as currency,
    cast(null as string) as customer_id,
    cast(null as string) as country,
    cast(null as string) as session_id,
    created as ordered_at,
    cast(created_local as date) as order_date
from typed
