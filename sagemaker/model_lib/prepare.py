"""First step of a pipeline: `python -m model_lib.prepare TABLE…` merges the tables of one source into the training channel."""

from __future__ import annotations

import sys

from model_lib.processing import ProcessingStep, run_step
from model_lib.tables import read_files


def prepare(step: ProcessingStep) -> None:
    """Writes each input, a folder of Parquet files, as one file. RefusalError names a table without files or rows."""
    for name in sys.argv[1:]:
        rows = read_files(step.inputs, name)
        folder = step.outputs / "train" / name
        folder.mkdir(parents=True, exist_ok=True)
        rows.to_parquet(folder / "part-00000.parquet", index=False)


if __name__ == "__main__":
    sys.exit(run_step(prepare))
