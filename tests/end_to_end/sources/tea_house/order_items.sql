-- Purpose: what was sold and given back, in euros without tax.
-- Grain:   one row per line and refund of the newest version of an order
-- Reads:   raw_orders, raw_rates
with daily as (
    select waehrung as currency, tag as since, max(kurs) as rate
    from raw_rates
    where _record.broken is null
    group by waehrung, tag
),

rates as (
    select currency, rate, since, lead(since, 1, date '9999-12-31') over (partition by currency order by since) as until
    from daily
),

-- Each order keeps the rate of its day, also for what is refunded later.
priced as (
    select
        raw_orders.*,
        if(
            line.at is null,
            zeit_local,
            try_to_timestamp(line.at, 'dd.MM.yyyy HH:mm:ss')
        ) as at_local,
        cast(line.price / (1 + line.tax / 100) * if(waehrung = 'EUR', 1, rate) as decimal(18, 4)) as unit_price
    from raw_orders
    left join rates on waehrung = currency and cast(zeit_local as date) >= since and cast(zeit_local as date) < until
)

select
    _record,
    concat(nr, '/', line_number) as order_item_id,
    nr as order_id,
    line.type as line_type,
    line.kind as item_kind,
    line.article as product_id,
    cast(null as string) as product_name,
    line.quantity,
    unit_price,
    cast(line.quantity * unit_price as decimal(18, 4)) as amount,
    'EUR' as currency,
    kunde.id as customer_id,
    kunde.land as country,
    cast(null as string) as session_id,
    to_utc_timestamp(at_local, 'Europe/Berlin') as ordered_at,
    cast(at_local as date) as order_date
from priced
