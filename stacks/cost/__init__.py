"""What a deployment costs in a month: its synthesized templates, a table of prices, and what a load does to each resource.

`prices.yaml` says what AWS asks, `assumptions.yaml` what a load causes, `free.yaml` what costs nothing. A rule (rules*.py) turns
one resource of a template into charges. A type of resource that no rule prices and free.yaml does not name is an error, so a
new stack comes with its own rules: add a function with `@priced("AWS::…")`, and its prices and assumptions to the tables.
"""
