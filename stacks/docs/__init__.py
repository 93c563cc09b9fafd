"""Generated parts of the docs: `python -m stacks.docs` (`make docs`).

The pages are written by hand, except between the markers `<!-- from NAME -->` and `<!-- end -->`: there the part of that name
(PARTS in pages.py) writes text generated from the templates and from stacks/permissions. A test fails when a page is stale.
"""
