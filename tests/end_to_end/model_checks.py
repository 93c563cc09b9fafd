"""Sources that no model can learn from: training is refused in a sentence and registers nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from contracts.errors import ModelError
from offline.lake.local_lake import LocalLake
from offline.models.jobs import registry, train
from offline.twin.record import Record
from tests.end_to_end.lake import CheckedSource


def refusals(source: CheckedSource, root: Path) -> dict[str, str]:
    """Why each model is refused, by model. The lake is only read."""
    Record("", {"curated": "curated"}, {}).write(root)
    (root / "s3").mkdir()
    (root / "s3/curated").symlink_to(source.lake.folder / "curated")
    lake, reasons = LocalLake(root), {}
    for model in ("churn", "anomaly"):
        with pytest.raises(ModelError) as caught:
            train(lake, model, source.lake.source, as_of=None, hyperparameters={})
        reasons[model] = str(caught.value)
    assert list(registry(lake).versions()) == []
    return reasons
