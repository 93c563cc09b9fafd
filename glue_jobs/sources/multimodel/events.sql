-- Purpose: page views, cart contents and purchases, each with the price at that time.
-- Grain:   one row per page view, and per product in the cart or purchased
-- Reads:   raw_sessions, raw_products
with catalog as (
    select
        product_id,
        max(struct(_ingest_date, category_id, array_sort(transform(
            price_history, entry -> struct(entry.date, entry.price)
        )) as prices)) as latest
    from raw_products
    group by product_id
),

priced as (
    select
        raw_sessions.*,
        catalog.latest.category_id,
        get(reverse(filter(catalog.latest.prices, entry -> entry.date <= step.at)), 0).price as listed
    from raw_sessions left join catalog on step.product_id = product_id
)

select
    _record,
    concat(session_id, '/', step_number) as event_id,
    step.at as event_time,
    cast(step.at as date) as event_date,
    step.type as event_type,
    step.product_id,
    coalesce(step.category_id, category_id) as category_id,
    cast(null as string) as category,
    cast(null as string) as brand,
    coalesce(step.price, listed) as price,
    step.quantity,
    user_id,
    session_id,
    cast(null as string) as order_id
from priced
