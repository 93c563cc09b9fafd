"""Steps of a pipeline besides training: their folders come from the environment, and a failure leaves its reason in a file."""

from __future__ import annotations

import os
import sys
import tarfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from model_lib.environment import FAILURE_LIMIT, RefusalError

MODEL_ARCHIVE, OUTPUT_ARCHIVE = "model.tar.gz", "output.tar.gz"


@dataclass(frozen=True)
class ProcessingStep:
    """The folders of a step: `inputs` has a folder per input, `outputs` one per output."""

    inputs: Path
    outputs: Path
    settings: Mapping[str, str]

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> ProcessingStep:
        """RefusalError names the variable that is missing."""
        for name in ("STEP_INPUTS", "STEP_OUTPUTS"):
            if not environment.get(name):
                raise RefusalError(f"{name}: the environment variable is missing; the pipeline definition sets it.")
        return cls(Path(environment["STEP_INPUTS"]), Path(environment["STEP_OUTPUTS"]), environment)

    def setting(self, name: str) -> str:
        """The text of an environment variable; RefusalError if it is missing."""
        if not self.settings.get(name):
            raise RefusalError(f"{name}: the environment variable is missing; the pipeline definition sets it.")
        return self.settings[name]


def run_step(script: Callable[[ProcessingStep], None]) -> int:
    """Runs a step. Returns its exit code: 0, or 1 after a refusal, whose reason SageMaker shows as the exit message of the job.

    Any other error ends with its traceback, as usual.
    """
    try:
        script(ProcessingStep.from_environment())
    except RefusalError as refusal:
        sys.stderr.write(f"{refusal}\n")
        message = Path(os.environ.get("STEP_MESSAGE", "/opt/ml/output/message"))
        message.parent.mkdir(parents=True, exist_ok=True)
        message.write_text(str(refusal)[:FAILURE_LIMIT], encoding="utf-8")
        return 1
    return 0


def unpack(archive: Path, folder: Path) -> Path:
    """The files of an archive of a training job. RefusalError for anything that is no plain file of ours."""
    try:
        with tarfile.open(archive, "r:gz") as packed:
            packed.extractall(folder, filter="data")
    except (OSError, EOFError, tarfile.TarError) as error:
        raise RefusalError(f"{archive.name}: cannot be unpacked ({error}); train again.") from None
    return folder
