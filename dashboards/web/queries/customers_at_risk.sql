-- Purpose: of the three tenths of customers most likely to leave, those with the highest net sales, and why.
-- Grain:   customer_id
-- Reads:   churn_risk
select
    customer_id,
    churn_probability,
    net_amount,
    orders,
    rfm_segment,
    last_order_date,
    reasons
from churn_risk
where source = :source and risk_tenth <= 3
order by net_amount desc nulls last, customer_id asc
limit 25
