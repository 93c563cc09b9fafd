"""What every table of the lake promises: one ODCS v3.1 file per table, and the loader that reads them strictly."""

from __future__ import annotations

from contracts.errors import LakeError
from contracts.loader import load, load_all, parse
from contracts.model import Column, Contract, Rule

__all__ = ["Column", "Contract", "LakeError", "Rule", "load", "load_all", "parse"]
