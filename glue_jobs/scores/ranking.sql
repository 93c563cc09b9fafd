-- Purpose: how well scores ranked customers whose horizon is over: the ROC AUC, where ties count half, of each scored day.
-- Grain:   as_of
-- Reads:   scored, churn_labels
with outcomes as (
    select
        scored.as_of,
        cast(labels.has_churned as int) as has_left,
        rank() over (partition by scored.as_of order by scored.churn_probability) as lowest_rank,
        count(*) over (partition by scored.as_of, scored.churn_probability) as ties
    from scored
    inner join churn_labels as labels
        on scored.as_of = labels.as_of and scored.customer_id = labels.customer_id and scored.horizon_days = labels.horizon_days
),
counts as (
    select
        as_of,
        count(*) as outcomes,
        sum(has_left) as customers_left,
        sum(has_left * (lowest_rank + (ties - 1) / 2.0D)) as rank_sum
    from outcomes
    group by as_of
)
select
    as_of,
    outcomes,
    (rank_sum - customers_left * (customers_left + 1) / 2.0D) / (customers_left * (outcomes - customers_left)) as roc_auc
from counts
where customers_left between 1 and outcomes - 1
