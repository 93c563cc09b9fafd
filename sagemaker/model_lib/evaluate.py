"""Step of a pipeline after training: `python -m model_lib.evaluate PACKAGE` decides with figures whether to register the model.

The model is read as scoring reads it, and its quality is computed again from what the training saved. Writes evaluation.json,
whose `quality.low` the pipeline compares with its limit, and the model card.
"""

from __future__ import annotations

import importlib
import json
import shutil
import sys
import tempfile
from pathlib import Path

from model_lib import artifacts
from model_lib.environment import RefusalError
from model_lib.processing import MODEL_ARCHIVE, OUTPUT_ARCHIVE, ProcessingStep, run_step, unpack


def evaluate(step: ProcessingStep) -> None:
    """RefusalError if the model cannot be read, or its quality is not what the training claims."""
    package = sys.argv[1]
    with tempfile.TemporaryDirectory() as place:
        importlib.import_module(f"{package}.model_file").load_model(
            unpack(step.inputs / "model" / MODEL_ARCHIVE, Path(place, "model"))
        )
        output = unpack(step.inputs / "output" / OUTPUT_ARCHIVE, Path(place, "output"))
        metrics = json.loads((output / "metrics.json").read_text(encoding="utf-8"))
        quality = importlib.import_module(f"{package}.quality").quality(metrics, output)
        folder = step.outputs / "evaluation"
        artifacts.write_json(folder / "evaluation.json", {"model": package, "chosen": metrics["chosen"], "quality": quality})
        for name in ("card.md", "card.json", "metrics.json"):
            shutil.copyfile(output / name, folder / name)


def refuse_difference(name: str, *, claimed: float, computed: float) -> None:
    """RefusalError if a metric that was computed again differs from the training's, which is rounded to four digits."""
    if abs(claimed - computed) > 1e-4:
        raise RefusalError(f"{name}: the training reports {claimed:.4f}, its predictions give {computed:.4f}; train again.")


if __name__ == "__main__":
    sys.exit(run_step(evaluate))
