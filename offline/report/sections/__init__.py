"""The sections of a shop's report, by topic. Each reads views and returns a chart, a sentence and a table."""
