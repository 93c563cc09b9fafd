"""Pages that are written from the app itself, so that they cannot say what is no longer so: `python -m stacks.docs`.

A page is text by hand; between the markers `<!-- from NAME -->` and `<!-- end -->` stands what the part of that name (PARTS in
pages.py) makes of the templates and of stacks/permissions. A test compares the pages with what would be written now.
"""
