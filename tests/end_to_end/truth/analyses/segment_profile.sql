-- Totals of the customers of each segment. Takes the segments from the lake and computes everything else.
with sums as (
    select
        segment,
        any_value(segment_name) as segment_name,
        count(*) as customers,
        sum(expected.orders) as orders,
        sum(expected.net_amount) as net_amount,
        sum(expected.sessions) as sessions,
        sum(expected.session_minutes) as session_minutes,
        avg(expected.recency_days) as recency_days,
        avg(expected.lifetime_days) as lifetime_days,
        avg(expected.price_level) as price_level,
        avg(expected.units_per_order) as units_per_order,
        avg(expected.orders_per_session) as orders_per_session,
        any_value(expected.as_of) as as_of
    from lake.customer_segments inner join truth.customer_features as expected using (customer_id)
    group by segment
)

select
    *,
    customers / sum(customers) over () as customer_share,
    cast(net_amount as double) / cast(sum(net_amount) over () as double) as net_amount_share,
    orders / customers as orders_per_customer,
    truth.shared(net_amount, customers) as net_amount_per_customer,
    truth.shared(net_amount, orders) as net_amount_per_order,
    sessions / customers as sessions_per_customer,
    session_minutes / sessions as minutes_per_session,
    count(*) over () as segments
from sums
