-- Purpose: how much of the stock must be reordered, and how much does not sell.
-- Grain:   one row
-- Reads:   stock_totals
select
    as_of,
    products_with_stock,
    reorder_products,
    urgent_products,
    dead_products,
    dead_stock_value
from stock_totals
where source = :source
