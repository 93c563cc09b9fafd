"""How figures look: numbers as text, charts, and the HTML page around them."""
