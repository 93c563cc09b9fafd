"""Streams, tables and progress in the terminal; knows nothing of lakes."""
