-- Purpose: customers who are more likely to leave than to stay, by RFM segment.
-- Grain:   segment
-- Reads:   churn_risk
select
    rfm_segment as segment,
    count(*) as customers,
    sum(net_amount) as net_amount
from churn_risk
where source = :source and churn_probability >= 0.5 and rfm_segment is not null
group by rfm_segment
order by customers desc, segment asc
limit 20
