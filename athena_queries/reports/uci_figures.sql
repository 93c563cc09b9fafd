-- Purpose: the published figures of UCI Online Retail.
-- Grain:   one row
-- Reads:   order_items
select
    count(distinct order_id) as invoices,
    count(distinct customer_id) as customers,
    count(distinct country) as countries
from order_items
where source = 'uci_online_retail'
