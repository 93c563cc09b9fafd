"""First step of a pipeline: `python -m model_lib.inject PACKAGE SOURCE` makes copies of the shop with injected frauds.

Inputs are the tables that the package's `worlds` reads, from curated. Writes them as one file, as the table fraud_worlds.
"""

from __future__ import annotations

import importlib
import sys

from model_lib.processing import ProcessingStep, run_step


def inject(step: ProcessingStep) -> None:
    """RefusalError if the shop is too small, or a table has no files or rows."""
    package, source = sys.argv[1:]
    rows = importlib.import_module(f"{package}.worlds").worlds(step.inputs, source)
    folder = step.outputs / "fraud_worlds"
    folder.mkdir(parents=True, exist_ok=True)
    rows.to_parquet(folder / "part-00000.parquet", index=False)


if __name__ == "__main__":
    sys.exit(run_step(inject))
