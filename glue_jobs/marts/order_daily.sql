-- Purpose: what each order brought on each day, by category, brand and country.
-- Grain:   source, order_date, order_id, customer_id, category, brand, country, period
-- Reads:   dim_product, fct_order_items
-- Discounts that no product takes lower the net revenue of their order, but they are neither sales nor returns.
select
    order_date,
    order_id,
    customer_id,
    coalesce(category, '(none)') as category,
    coalesce(brand, '(none)') as brand,
    country,
    count_if(item_kind = 'product' and line_type = 'sale') as sale_lines,
    sum(if(item_kind = 'product' and line_type = 'sale', quantity, 0)) as units,
    cast(sum(gross_amount) as decimal(18, 4)) as gross_amount,
    cast(sum(returned_amount) as decimal(18, 4)) as returned_amount,
    cast(sum(discount_amount) as decimal(18, 4)) as discount_amount,
    source,
    period
from fct_order_items left join dim_product using (source, product_id)
where line_type in ('sale', 'return') and (item_kind = 'product' or (item_kind = 'discount' and discount_amount != 0))
group by source, period, order_date, order_id, customer_id, coalesce(category, '(none)'), coalesce(brand, '(none)'), country
