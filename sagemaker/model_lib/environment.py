"""SageMaker's script mode: channels, folders and hyperparameters from the environment, and how a script fails."""

from __future__ import annotations

import json
import os
import sys
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# SageMaker shows at most so much of the failure file.
FAILURE_LIMIT = 1024


class RefusalError(Exception):
    """The data cannot be learned from or the model must not be used; the message is a sentence for the user."""


@dataclass(frozen=True)
class TrainingJob:
    """The folders of one training job and its hyperparameters, each a JSON value."""

    channels: Mapping[str, Path]
    model_dir: Path
    output_dir: Path
    hyperparameters: Mapping[str, Any]

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> TrainingJob:
        """RefusalError names the variable that is missing or is not JSON."""
        names = _json(environment, "SM_CHANNELS")
        return cls(
            channels={name: Path(_text(environment, f"SM_CHANNEL_{str(name).upper()}")) for name in names},
            model_dir=Path(_text(environment, "SM_MODEL_DIR")),
            output_dir=Path(_text(environment, "SM_OUTPUT_DATA_DIR")),
            hyperparameters=_json(environment, "SM_HPS"),
        )

    def channel(self, name: str) -> Path:
        """The folder of a channel; RefusalError if the job has none."""
        if name not in self.channels:
            raise RefusalError(f"channel {name}: the job has no such channel; add it to its input data.")
        return self.channels[name]


def run(script: Callable[[TrainingJob], None]) -> int:
    """Runs a training script. Returns its exit code: 0, 1 after a refusal, 2 after any other error.

    The failure file gets the reason, which SageMaker shows as the failure reason of the job.
    """
    try:
        script(TrainingJob.from_environment())
    except RefusalError as refusal:
        return _fail(str(refusal), code=1)
    except Exception as error:  # noqa: BLE001 - SageMaker needs the reason of any failure
        return _fail(f"{type(error).__name__}: {error}\n{traceback.format_exc()}", code=2)
    return 0


def settings_of(values: Mapping[str, Any], defaults: Mapping[str, Any]) -> dict[str, Any]:
    """The hyperparameters with defaults. RefusalError for an unknown name or a value of another type."""
    for name, value in values.items():
        if name not in defaults:
            raise RefusalError(f"hyperparameter {name}: there is no such setting; choose from {', '.join(defaults)}.")
        number = isinstance(value, int | float) and not isinstance(value, bool) and value >= 0
        if isinstance(defaults[name], str) != isinstance(value, str) or not (isinstance(value, str) or number):
            raise RefusalError(f"hyperparameter {name}: {value!r} is not a valid value; its default is {defaults[name]!r}.")
    return {**defaults, **{name: type(defaults[name])(value) for name, value in values.items()}}


def _fail(reason: str, *, code: int) -> int:
    sys.stderr.write(f"{reason}\n")
    folder = Path(os.environ.get("SM_OUTPUT_DATA_DIR", "/opt/ml/output/data")).parent
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "failure").write_text(reason[:FAILURE_LIMIT], encoding="utf-8")
    return code


def _text(environment: Mapping[str, str], name: str) -> str:
    if not environment.get(name):
        raise RefusalError(f"{name}: the environment variable is missing; SageMaker sets it, and so does `shoplake train`.")
    return environment[name]


def _json(environment: Mapping[str, str], name: str) -> Any:
    try:
        return json.loads(_text(environment, name))
    except ValueError:
        raise RefusalError(f"{name}: {environment[name][:80]!r} is not JSON; fix the variable.") from None
