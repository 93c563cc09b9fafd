"""A first source folder from sample files: `shoplake source new`."""
