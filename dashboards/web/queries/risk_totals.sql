-- Purpose: how many customers are more likely to leave than to stay, and what they have spent.
-- Grain:   one row
-- Reads:   churn_risk
select
    max(as_of) as as_of,
    count(*) as scored_customers,
    count_if(churn_probability >= 0.5) as leaving_customers,
    sum(net_amount) filter (where churn_probability >= 0.5) as leaving_net_amount
from churn_risk
where source = :source
