"""What follows from a contract: Spark types, Glue columns, JSON Schema, checks and documentation."""
