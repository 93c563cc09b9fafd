"""`shoplake profile`: profiles of tables, and of files before they are landed."""
