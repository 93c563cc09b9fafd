"""Writes docs/source-templates.md from the pages of the templates: `python -m offline.source_draft.docs`."""

from __future__ import annotations

from pathlib import Path

from offline.source_draft.from_template import page, template_names, title

PAGE = Path(__file__).parents[2] / "docs" / "source-templates.md"
INTRODUCTION = """\
<!-- Written by `python -m offline.source_draft.docs` from offline/source_draft/templates/; change those and run it again. -->
# Ready-made sources

A template is a source folder for the export of a well-known product. It loads the export as it is. A shop states only its time
zone, and its currency where money is loaded:

```
shoplake source templates
shoplake source new my_shop --template shopify_orders --timezone Europe/Berlin --currency EUR
shoplake --sources sources land my_shop orders_export_1.csv
shoplake --sources sources run --source my_shop
```

The folder is the shop's own from then on: change it as [bring-your-own-shop.md](bring-your-own-shop.md) describes. Each template
has a sample of invented data in `offline/source_draft/templates/<template>/sample`. A test loads it and compares every line,
amount and time with values computed by hand.

What holds for all of them:

- A source has one currency. Money in another one is filtered and counted; make a second source for it.
- Amounts of orders are without tax, unless the template says that its export cannot tell.
- An order that is delivered again replaces what was loaded of it.
- **Payments** are no sales. What a provider or a marketplace paid ([stripe_charges](#stripe_charges),
  [stripe_balance](#stripe_balance), [amazon_settlement](#amazon_settlement)) is a source of its own, so that nothing is
  sold twice. Payment methods, fees of the provider and payouts are not loaded, unless a template lists them.
- **Reviews** have no table, and no template loads them.
- **Orders without lines**: an order is the sum of its lines, so one without any is filtered and counted as `no_lines`, unless a
  template says otherwise.

| template | export |
| --- | --- |
"""


def text() -> str:
    """The text of the page."""
    rows = [f"| [{name}](#{name}) | {title(name)} |" for name in template_names()]
    sections = [f"## {name}\n\n{page(name).strip()}" for name in template_names()]
    return INTRODUCTION + "\n".join(rows) + "\n\n" + "\n\n".join(sections) + "\n"


if __name__ == "__main__":
    PAGE.write_text(text(), encoding="utf-8")
