"""Processed to curated: marts and analyses."""
