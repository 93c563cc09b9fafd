-- Every line, with its contribution to gross, returned and net sales.
select
    *,
    if(line_type = 'sale', amount, 0) as gross_amount,
    if(line_type = 'return', -amount, 0) as returned_amount,
    if(line_type in ('sale', 'return'), amount, 0) as net_amount
from order_items
