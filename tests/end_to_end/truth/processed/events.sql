-- The valid events, each once.
select event_id, event_time, event_date, event_type, product_id, category_id, category, brand, price, quantity, user_id, session_id, order_id,
    period
from events
