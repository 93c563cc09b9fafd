"""Compare raw, ledger, files and row counts of a lake, and name the command that heals each difference."""

from offline.lake.verify.difference import Difference
from offline.lake.verify.lake_check import verify

__all__ = ["Difference", "verify"]
