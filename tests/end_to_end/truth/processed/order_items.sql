-- The good lines, each once.
select * from order_items
