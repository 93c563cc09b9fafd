-- Purpose: how unusual each order, session and customer is, by the newest version that scored each day, and what the order was.
--          All rows of the newest day of an entity; of earlier days those whose score, alert or version was new, so that the
--          table does not grow by all orders each day.
-- Grain:   source, as_of, entity, entity_id
-- Reads:   scored, fct_order_items
with orders as (
    select
        'order' as entity,
        order_id as entity_id,
        min(ordered_at) as ordered_at,
        sum(if(line_type = 'sale', net_amount, 0)) as amount,
        sum(if(line_type = 'sale', quantity, 0)) as units
    from fct_order_items
    where item_kind = 'product' and line_type in ('sale', 'return')
    group by order_id
),
compared as (
    select
        *,
        max(as_of) over (partition by entity) as newest_day,
        lag(version) over history as earlier_version,
        lag(anomaly_score) over history as earlier_score,
        lag(is_alert) over history as earlier_alert
    from scored
    window history as (partition by entity, entity_id order by as_of)
)
select
    scored.as_of,
    scored.entity,
    scored.entity_id,
    scored.version as model_version,
    scored.customer_id,
    coalesce(orders.ordered_at, scored.started_at) as happened_at,
    cast(orders.amount as decimal(18, 4)) as amount,
    cast(orders.units as bigint) as units,
    scored.anomaly_score,
    scored.rank,
    scored.is_alert,
    scored.reasons
from compared as scored left join orders on scored.entity = orders.entity and scored.entity_id = orders.entity_id
where
    scored.as_of = scored.newest_day
    or scored.earlier_version is null
    or scored.earlier_version <> scored.version
    or scored.earlier_score <> scored.anomaly_score
    or scored.earlier_alert <> scored.is_alert
