"""Table contracts: one ODCS v3.1 file per table, and the strict loader."""

from __future__ import annotations

from contracts.errors import LakeError
from contracts.loader import data_tables, load, load_all, parse, versions
from contracts.model import Column, Contract, Rule
from contracts.zones import LEDGER_TABLES, TABLE_ZONES, Zone

__all__ = [
    "LEDGER_TABLES",
    "TABLE_ZONES",
    "Column",
    "Contract",
    "LakeError",
    "Rule",
    "Zone",
    "data_tables",
    "load",
    "load_all",
    "parse",
    "versions",
]
