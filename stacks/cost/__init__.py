"""The monthly cost of a deployment, from its synthesized templates, a price list and a load.

`prices.yaml` lists AWS's prices, `assumptions.yaml` the effects of a load, `free.yaml` the free resource types. A rule (rules.py)
turns one resource of a template into charges. A resource type that is neither priced nor free is an error, so a new stack needs
its own rules: add a function with `@priced("AWS::…")`, and its prices and assumptions to the tables.
"""
