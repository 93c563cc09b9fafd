"""Runs a pipeline definition on this machine: jobs as processes, S3 as folders.

A job sees the folders of a container below one of its own, which stands in for /opt/ml. Only what our definitions use is
understood; anything else is an error, never skipped.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import tarfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from contracts.errors import ModelError, PlatformError
from offline.models.jobs import THREADS, run_script

CONTAINER = "/opt/ml"
Arguments = Mapping[str, Any]


@dataclass
class LocalPipeline:
    """`store` has a folder per bucket, `work` the folders of the jobs; `register` gets the arguments of each registration."""

    store: Path
    work: Path
    register: Callable[[Arguments], None]
    execution: str = "local"
    _known: dict[str, Any] = field(default_factory=dict)

    def run(self, definition: Arguments, **parameters: Any) -> None:
        """Runs all steps in order. ModelError with the reason of a step that refuses, PlatformError if one fails."""
        defaults = {one["Name"]: one.get("DefaultValue") for one in definition["Parameters"]}
        self._known = {f"Parameters.{name}": value for name, value in {**defaults, **parameters}.items()}
        self._known |= {
            "Execution.PipelineExecutionId": self.execution,
            "Execution.StartDateTime": "2000-01-01T00:00:00Z",
        }
        self._steps(definition["Steps"])

    def path(self, uri: str) -> Path:
        """The file or folder that an S3 URI stands for."""
        return self.store / uri.removeprefix("s3://")

    def _steps(self, steps: list[Arguments]) -> None:
        kinds = {
            "Processing": self._processing,
            "Training": self._training,
            "Condition": self._condition,
            "RegisterModel": lambda step: self.register(self.resolved(step["Arguments"])),
            "Fail": self._fail,
        }
        for step in steps:
            kinds[step["Type"]](step)

    def resolved(self, node: Any) -> Any:
        """A value without the functions of pipelines. KeyError for one that has no value yet."""
        if isinstance(node, list):
            return [self.resolved(item) for item in node]
        if not isinstance(node, Mapping):
            return node
        if "Get" in node:
            return self._known[node["Get"]]
        if "Std:Join" in node:
            return node["Std:Join"]["On"].join(str(self.resolved(part)) for part in node["Std:Join"]["Values"])
        if "Std:JsonGet" in node:
            value = json.loads(self.resolved(node["Std:JsonGet"]["PropertyFile"]).read_text(encoding="utf-8"))
            for name in node["Std:JsonGet"]["Path"].split("."):
                value = value[name]
            return value
        return {key: self.resolved(value) for key, value in node.items()}

    def _processing(self, step: Arguments) -> None:
        name, job = step["Name"], self.resolved(step["Arguments"])
        outputs = self.process(name, job)
        prefix = f"Steps.{name}.ProcessingOutputConfig.Outputs"
        self._known |= {f"{prefix}['{output}'].S3Output.S3Uri": uri for output, uri in outputs.items()}
        for file in step.get("PropertyFiles", []):
            place = self.path(outputs[file["OutputName"]]) / file["FilePath"]
            self._known[f"Steps.{name}.PropertyFiles.{file['PropertyFileName']}"] = place

    def process(self, name: str, job: Arguments) -> dict[str, str]:
        """Runs a processing job, and returns the S3 URIs of its outputs by name."""
        folder = self.work / name
        for entry in job["ProcessingInputs"]:
            self._fetch(entry["S3Input"]["S3Uri"], _inside(folder, entry["S3Input"]["LocalPath"]))
        app = job["AppSpecification"]
        command = [*app["ContainerEntrypoint"], *app.get("ContainerArguments", [])]
        self._start(name, folder, command=command, variables=job["Environment"], reason="output/message")
        outputs = {entry["OutputName"]: entry["S3Output"] for entry in job["ProcessingOutputConfig"]["Outputs"]}
        for output in outputs.values():
            shutil.copytree(_inside(folder, output["LocalPath"]), self.path(output["S3Uri"]), dirs_exist_ok=True)
        return {name: output["S3Uri"] for name, output in outputs.items()}

    def _training(self, step: Arguments) -> None:
        name, job = step["Name"], self.resolved(step["Arguments"])
        folder, title = self.work / name, f"{name}-{self.execution}"
        for channel in job["InputDataConfig"]:
            place = folder / "input" / "data" / channel["ChannelName"]
            self._fetch(channel["DataSource"]["S3DataSource"]["S3Uri"], place)
        command = job["AlgorithmSpecification"]["ContainerEntrypoint"]
        self._start(name, folder, command=command, variables=job["Environment"], reason="output/failure")
        output = f"{job['OutputDataConfig']['S3OutputPath']}/{title}/output"
        _pack(folder / "model", self.path(f"{output}/model.tar.gz"))
        _pack(folder / "output" / "data", self.path(f"{output}/output.tar.gz"))
        self._known |= {
            f"Steps.{name}.ModelArtifacts.S3ModelArtifacts": f"{output}/model.tar.gz",
            f"Steps.{name}.OutputDataConfig.S3OutputPath": job["OutputDataConfig"]["S3OutputPath"],
            f"Steps.{name}.TrainingJobName": title,
        }

    def _condition(self, step: Arguments) -> None:
        good = True
        for condition in step["Arguments"]["Conditions"]:
            if condition["Type"] != "GreaterThanOrEqualTo":
                raise PlatformError(f"{step['Name']}: the condition {condition['Type']} is not known here; add it.")
            good &= float(self.resolved(condition["LeftValue"])) >= float(self.resolved(condition["RightValue"]))
        self._steps(step["Arguments"]["IfSteps" if good else "ElseSteps"])

    def _fail(self, step: Arguments) -> None:
        raise ModelError(str(self.resolved(step["Arguments"]["ErrorMessage"])))

    def _fetch(self, uri: str, place: Path) -> None:
        source = self.path(uri)
        place.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, place, dirs_exist_ok=True)
        elif source.is_file():
            shutil.copyfile(source, place / source.name)
        else:
            raise ModelError(f"{uri}: there is nothing; compute it first.")

    def _start(self, name: str, folder: Path, *, command: list[str], variables: Mapping[str, str], reason: str) -> None:
        own = {key: os.environ[key] for key in ("PATH", "HOME") if key in os.environ}
        inside = {key: value.replace(CONTAINER, str(folder)) for key, value in variables.items()}
        # Libraries of an environment that a test puts over this one come after the bundle.
        path = os.pathsep.join([inside["PYTHONPATH"], *filter(None, [os.environ.get("PYTHONPATH")])])
        command = [sys.executable if part == "python3" else part for part in command]
        environment = {**own, **THREADS, **inside, "PYTHONPATH": path}
        run_script(command, environment=environment, failure=folder / reason, name=f"step {name}", folder=folder)


def _inside(folder: Path, path: str) -> Path:
    """A path of a container below the folder that stands in for /opt/ml."""
    return folder / Path(path).relative_to(CONTAINER)


def _pack(folder: Path, archive: Path) -> None:
    archive.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(archive, "w:gz") as packed:
        packed.add(folder, arcname=".")
