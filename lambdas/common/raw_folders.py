"""Folders of raw that the live path and AWS fill."""

STREAM = "stream"  # the source of events that arrive through the API: live features are of its customers
LIVE_FOLDERS = ("aws", "rejected", "undelivered")  # of no source
