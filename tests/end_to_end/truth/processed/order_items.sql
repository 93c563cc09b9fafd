-- The valid lines, each once.
select * from order_items
