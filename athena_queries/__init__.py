"""SQL for Athena: saved queries, in Athena's own dialect."""
