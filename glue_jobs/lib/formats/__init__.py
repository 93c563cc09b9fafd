"""Files that Spark cannot read as lines of text: archives, workbooks, Parquet, Avro, and most compressions."""
