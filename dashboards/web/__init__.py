"""The web dashboard: pages over the lake's views, on this machine or on Athena."""
