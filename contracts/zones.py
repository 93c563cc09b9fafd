"""The zones of the lake and the tables that it keeps about itself."""

from __future__ import annotations

from enum import StrEnum


class Zone(StrEnum):
    """A storage layer; each is a bucket. Data moves from the first to the last."""

    RAW = "raw"
    PROCESSED = "processed"
    CURATED = "curated"


# The zones that hold tables; raw holds files as they were delivered.
TABLE_ZONES = (Zone.PROCESSED, Zone.CURATED)
# Processed tables about the lake's own runs; they hold no data of a shop.
LEDGER_TABLES = ("etl_files", "etl_runs", "quarantine")
