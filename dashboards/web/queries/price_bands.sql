-- Purpose: revenue and conversion by price band, over all days.
-- Grain:   price_band
-- Reads:   price_band_sales
select
    price_band,
    views,
    units,
    net_amount,
    view_to_purchase_rate
from price_band_sales
where source = :source
order by band_order asc
limit 50
