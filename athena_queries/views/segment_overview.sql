-- Purpose: the customer segments found by k-means: their size, spending, engagement and stability.
-- Grain:   source, segment
-- Reads:   segment_profile
select
    source,
    segment,
    segment_name,
    customers,
    customer_share,
    net_amount,
    net_amount_share,
    orders_per_customer,
    net_amount_per_customer,
    net_amount_per_order,
    sessions_per_customer,
    minutes_per_session,
    finding,
    squared_silhouette,
    one_cloud_silhouette,
    frequent_and_rare_silhouette,
    stability
from segment_profile
