"""Model files: a description in JSON with the hash of the estimator, and the estimator itself in the format of skops.

Nothing is unpickled. An estimator is read only after its hash agrees and only if it has no types but those below.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sklearn

from model_lib.environment import RefusalError

# skops is slow to import: it looks at every function of numpy, scipy and scikit-learn.

DESCRIPTION, ESTIMATOR = "model.json", "model.skops"
FORMAT = 1
# Types of scikit-learn and numpy that skops does not know; they only hold numbers.
TRUSTED = (
    "numpy.dtype",
    "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
    "sklearn.tree._tree.Tree",
)


@dataclass(frozen=True)
class Artifact:
    """What was read from a model folder."""

    description: Mapping[str, Any]
    estimator: Any


def save(folder: Path, *, model: str, description: Mapping[str, Any], estimator: Any) -> None:
    """Writes both files. `model` names the kind of model, which only its own scripts read."""
    import skops.io  # noqa: PLC0415

    folder.mkdir(parents=True, exist_ok=True)
    skops.io.dump(estimator, folder / ESTIMATOR)
    head = {"format": FORMAT, "model": model, "scikit_learn": sklearn.__version__, "sha256": file_hash(folder / ESTIMATOR)}
    write_json(folder / DESCRIPTION, head | dict(description))


def load(folder: Path, *, model: str) -> Artifact:
    """RefusalError names the file and the reason: missing, damaged, of another model or version, or with foreign types."""
    import skops.io  # noqa: PLC0415
    from skops.io.exceptions import UntrustedTypesFoundException  # noqa: PLC0415

    description = _description(folder / DESCRIPTION, model)
    file = folder / ESTIMATOR
    if not file.is_file():
        raise RefusalError(f"{file}: the file is missing; train the model again.")
    if file_hash(file) != description["sha256"]:
        raise RefusalError(f"{file}: its hash differs from that in {DESCRIPTION}, so it was changed or damaged; train again.")
    try:
        return Artifact(description, skops.io.load(file, trusted=list(TRUSTED)))
    except UntrustedTypesFoundException as error:
        raise RefusalError(f"{file}: holds types that no model of ours has ({str(error)[:200]}); do not use it.") from None


def _description(file: Path, model: str) -> Mapping[str, Any]:
    try:
        description = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise RefusalError(f"{file}: missing or not JSON; train the model again.") from None
    expected = {"format": FORMAT, "model": model}
    for name, value in expected.items():
        if description.get(name) != value:
            raise RefusalError(f"{file}: {name} is {description.get(name)!r}, expected {value!r}; use the model of this script.")
    own, other = (version.rsplit(".", 1)[0] for version in (sklearn.__version__, str(description.get("scikit_learn"))))
    if own != other:
        raise RefusalError(f"{file}: trained with scikit-learn {other}, and this is {own}; train again, or use that version.")
    return dict(description)


def file_hash(file: Path) -> str:
    """The SHA-256 of a file, as hexadecimal digits."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def write_json(file: Path, value: Any) -> None:
    """Writes JSON in one order and one form, so that equal values are equal bytes."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False) + "\n", encoding="utf-8")
