-- Purpose: what Amazon paid and charged: goods, shipping, promotions, taxes, fees and all other amounts of a settlement.
-- Grain:   one row per amount of a settlement
-- Reads:   raw_settlement
with numbered as (
    select
        *,
        `transaction-type` is null and `total-amount` is not null as is_summary,
        max(currency) over (partition by `settlement-id`) as settlement_currency,
        -- A settlement never changes, so the place of an amount is its identity.
        row_number() over (
            partition by `settlement-id`, _record.file order by _record.block, _record.row
        ) as line,
        try_cast(replace(amount, ',', '.') as decimal(18, 4)) as value,
        case
            when `amount-type` = 'ItemPrice' and `amount-description` = 'Principal' then 'product'
            when `amount-type` = 'ItemPrice' and `amount-description` = 'Shipping' then 'shipping'
            when `amount-type` = 'ItemPrice' and `amount-description` = 'GiftWrap' then 'fee'
            when `amount-type` = 'Promotion' then 'discount'
        end as sold
    from raw_settlement
),

typed as (
    select
        *,
        case
            when sold is null then 'adjustment'
            when `transaction-type` = 'Order' then 'sale'
            when `transaction-type` like '%Refund%' then 'return'
            else 'adjustment'
        end as line_type,
        -- Refunds often state no number of pieces.
        if(sold = 'product' and `quantity-purchased` > 0, `quantity-purchased`, 1) as pieces
    from numbered
),

priced as (
    select
        *,
        case
            when line_type = 'adjustment' then 1
            when value < 0 or (value = 0 and line_type = 'return') then -pieces
            else pieces
        end as quantity,
        case
            when is_summary then cast(0 as decimal(18, 4))
            when line_type = 'adjustment' then value
            else cast(abs(value) / pieces as decimal(18, 4))
        end as unit_price
    from typed
)

select
    _record,
    is_summary,
    settlement_currency,
    concat(`settlement-id`, '/', line) as order_item_id,
    coalesce(`order-id`, concat('settlement ', `settlement-id`)) as order_id,
    line_type,
    case
        when sold = 'product' and line_type = 'return' and `quantity-purchased` is null then 'adjustment'
        when line_type = 'adjustment' and `amount-type` rlike '(?i)fee' then 'fee'
        when line_type = 'adjustment' then 'adjustment'
        else sold
    end as item_kind,
    coalesce(if(sold in ('product', 'discount'), sku, null), `amount-description`, 'settlement') as product_id,
    cast(null as string) as product_name,
    quantity,
    unit_price,
    cast(quantity * unit_price as decimal(18, 4)) as amount,
    settlement_currency as currency,
    cast(null as string) as customer_id,
    cast(null as string) as country,
    cast(null as string) as session_id,
    if(is_summary, `settlement-start-date`, `posted-date-time`) as ordered_at,
    cast(if(is_summary, `settlement-start-date_local`, `posted-date-time_local`) as date) as order_date
from priced
