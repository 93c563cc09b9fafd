-- Purpose: the figures by which UCI Online Retail is known.
-- Grain:   one row
-- Reads:   order_items
select
    count(distinct order_id) as invoices,
    count(distinct customer_id) as customers,
    count(distinct country) as countries
from order_items
where source = 'uci_online_retail'
