-- Purpose: what visitors did, at prices without tax.
-- Grain:   one row per line of the log
-- Reads:   raw_visits, raw_articles
with taxes as (
    select nummer, max_by(steuer, geaendert) as steuer
    from raw_articles
    group by nummer
)

select
    _record,
    concat(unix_seconds(zeit), '-', lower(hex(xxhash64(art, artikel, sitzung, kunde, preis)))) as event_id,
    zeit as event_time,
    cast(zeit_local as date) as event_date,
    case art
        when 'ansicht' then 'view'
        when 'korb' then 'cart'
        when 'entfernt' then 'remove_from_cart'
        when 'kauf' then 'purchase'
        else art
    end as event_type,
    artikel as product_id,
    cast(null as string) as category_id,
    cast(null as string) as category,
    cast(null as string) as brand,
    cast(preis / (1 + steuer / 100) as decimal(18, 4)) as price,
    1 as quantity,
    nullif(kunde, '') as user_id,
    sitzung as session_id,
    cast(null as string) as order_id
from raw_visits left join taxes on artikel = nummer
