-- Every line, with its contribution to gross, returned and net sales. Each discount line is paired with the product lines nearest
-- to it; the discounts with the same lines are spread over them together.
with lines as (
    select *, row_number() over () as id, line_type in ('sale', 'return') and item_kind = 'discount' as is_discount
    from order_items
),

pairs as (
    select
        d.id as discount_id, -d.amount as discount, g.id, g.period, g.order_id, g.line_type, g.amount,
        g.product_id, g.unit_price, g.quantity, g.ordered_at,
        case when d.line_type <> g.line_type then 3 when d.product_id = g.product_id then 1 else 2 end as distance
    from lines as d
    join lines as g using (period, order_id)
    where d.is_discount and g.item_kind = 'product' and g.line_type in ('sale', 'return') and g.amount <> 0
    qualify distance = min(distance) over (partition by d.id)
),

spread as (
    select
        [period, order_id, line_type, if(distance = 1, product_id, null)] as lot,
        id,
        sum(discount) as discount,
        abs(any_value(amount)) as weight,
        any_value(struct_pack(a := product_id, b := unit_price, c := quantity, d := ordered_at, e := id)) as place
    from pairs
    group by all
),

-- In steps of a ten-thousandth, as integers.
steps as (
    select
        id,
        cast(discount * 10000 as hugeint) as discount,
        cast(sum(weight) over (partition by lot order by place) * 10000 as hugeint) as upto,
        cast(weight * 10000 as hugeint) as own,
        cast(sum(weight) over (partition by lot) * 10000 as hugeint) as total
    from spread
),

shares as (
    select id, cast(sum(discount * upto // total - discount * (upto - own) // total) as decimal(22, 0)) / 10000 as share
    from steps
    group by id
),

amounts as (
    select
        lines.* exclude (id, is_discount),
        if(line_type = 'sale' and not is_discount, amount, 0) as gross_amount,
        if(line_type = 'return' and not is_discount, -amount, 0) as returned_amount,
        cast(
            case
                when not is_discount then coalesce(share, 0)
                when lines.id in (select discount_id from pairs) then 0
                else -amount
            end as decimal(18, 4)
        ) as discount_amount
    from lines
    left join shares using (id)
)

select *, gross_amount - returned_amount - discount_amount as net_amount from amounts
