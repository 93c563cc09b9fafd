-- Purpose: revenue and conversion by price band.
-- Grain:   source, price_band
-- Reads:   price_bands
select
    source,
    band_order,
    band as price_band,
    views,
    purchases,
    units,
    net_amount,
    view_to_purchase_rate
from price_bands
