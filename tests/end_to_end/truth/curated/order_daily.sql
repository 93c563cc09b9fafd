-- Product lines of sales and returns, and discounts that are left after spreading, by order, day and kind of product.
with counted as (
    select
        *,
        item_kind = 'product' and line_type = 'sale' as sold,
        item_kind = 'product' and line_type = 'return' as returned
    from truth.fct_order_items
    left join (select product_id, category, brand from truth.dim_product) using (product_id)
)

select
    order_date, order_id, customer_id, ifnull(category, '(none)') as category, ifnull(brand, '(none)') as brand, country,
    count(*) filter (sold) as sale_lines,
    coalesce(sum(quantity) filter (sold), 0) as units,
    coalesce(sum(amount) filter (sold), 0) as gross_amount,
    coalesce(-sum(amount) filter (returned), 0) as returned_amount,
    sum(discount_amount) as discount_amount,
    period
from counted
where sold or returned or (item_kind = 'discount' and line_type in ('sale', 'return') and discount_amount <> 0)
group by all
