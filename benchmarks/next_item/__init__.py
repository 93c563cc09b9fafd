"""Next-item recommendation within sessions, in the protocol of session-rec. `python -m benchmarks.next_item` prints a table."""
