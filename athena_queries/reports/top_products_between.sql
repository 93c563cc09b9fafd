-- Purpose: the twenty products with the highest net sales between two days.
-- Grain:   source, product_id
-- Reads:   order_lines
-- Parameters: first day, last day | date '2026-01-01', date '2026-01-31'
with sold as (
    select
        source,
        product_id,
        max(product) as product,
        sum(case when line_type = 'sale' then quantity else 0 end) as units,
        sum(net_amount) as net_amount
    from order_lines
    where order_date between ? and ? and line_type <> 'discount'
    group by source, product_id
),

ranked as (
    select
        source,
        product_id,
        product,
        units,
        net_amount,
        row_number() over (partition by source order by net_amount desc, product_id asc) as place
    from sold
)

select
    source,
    place,
    product_id,
    product,
    units,
    net_amount
from ranked
where place <= 20
order by source asc, place asc
