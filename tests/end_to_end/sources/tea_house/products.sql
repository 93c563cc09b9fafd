-- Purpose: the catalog as of each change, at prices without tax.
-- Grain:   one row per change of an article; the newest of a period stays
-- Reads:   raw_articles
select
    _record,
    nummer as product_id,
    bezeichnung as product_name,
    cast(null as string) as category_id,
    gruppe as category,
    marke as brand,
    cast(preis / (1 + steuer / 100) as decimal(18, 4)) as list_price,
    einkauf as unit_cost,
    bestand as stock,
    geaendert as observed_at
from raw_articles
