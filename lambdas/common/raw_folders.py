"""Folders of raw in which the live path and AWS keep what is no source's."""

LIVE_FOLDERS = ("aws", "rejected", "undelivered")
