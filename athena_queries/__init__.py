"""SQL for Athena, in its own dialect: views for reports and BI tools, and reports as named queries."""
