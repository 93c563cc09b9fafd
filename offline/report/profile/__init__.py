"""`shoplake profile`: a table of the lake, or a raw file before it is landed, profiled by DuckDB on this machine."""
