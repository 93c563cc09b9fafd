"""The whole project as files: shoplake.pbip, its semantic model and its report."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

from dashboards.powerbi import pbir, tmdl
from dashboards.powerbi.model import FOLDER, identifier, load_model

NAME = "shoplake"
TARGET = FOLDER / NAME
SCHEMAS = "https://developer.microsoft.com/json-schemas/fabric"


def project(*, mode: str = tmdl.IMPORT, **parameters: str) -> dict[str, str]:
    """All files of the project, by their path; `parameters` replace the defaults of model.yaml."""
    model = load_model()
    stated = tuple(replace(one, default=parameters.get(one.name, one.default)) for one in model.parameters)
    model = replace(model, parameters=stated)
    fixed: dict[str, object] = {
        f"{NAME}.pbip": {
            "$schema": f"{SCHEMAS}/pbip/pbipProperties/1.0.0/schema.json",
            "version": "1.0",
            "artifacts": [{"report": {"path": f"{NAME}.Report"}}],
            "settings": {"enableAutoRecovery": True},
        },
        f"{NAME}.SemanticModel/.platform": _platform("SemanticModel"),
        f"{NAME}.SemanticModel/definition.pbism": {
            "$schema": f"{SCHEMAS}/item/semanticModel/definitionProperties/1.0.0/schema.json",
            "version": "4.2",
            "settings": {},
        },
        f"{NAME}.Report/.platform": _platform("Report"),
        f"{NAME}.Report/definition.pbir": {
            "$schema": f"{SCHEMAS}/item/report/definitionProperties/2.0.0/schema.json",
            "version": "4.0",
            "datasetReference": {"byPath": {"path": f"../{NAME}.SemanticModel"}},
        },
    }
    written = {path: pbir.json_text(content) for path, content in fixed.items()}
    written |= {f"{NAME}.SemanticModel/definition/{path}": text for path, text in tmdl.files(model, mode=mode).items()}
    return written | {f"{NAME}.Report/definition/{path}": text for path, text in pbir.files(model).items()}


def write(target: Path = TARGET, *, mode: str = tmdl.IMPORT, **parameters: str) -> list[Path]:
    """Write the project, replacing an earlier one; the files written."""
    files = project(mode=mode, **parameters)
    for part in ("SemanticModel", "Report"):
        shutil.rmtree(target / f"{NAME}.{part}", ignore_errors=True)
    for path, text in files.items():
        (target / path).parent.mkdir(parents=True, exist_ok=True)
        (target / path).write_text(text, encoding="utf-8", newline="\n")
    return [target / path for path in files]


def _platform(kind: str) -> dict[str, object]:
    return {
        "$schema": f"{SCHEMAS}/gitIntegration/platformProperties/2.0.0/schema.json",
        "metadata": {"type": kind, "displayName": NAME},
        "config": {"version": "2.0", "logicalId": identifier("platform", kind)},
    }
