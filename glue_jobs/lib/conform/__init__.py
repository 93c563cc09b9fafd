"""Raw to processed: parse, transform, check, deduplicate, publish."""
