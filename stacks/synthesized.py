"""The templates of a deployment as plain values, for the cost model and the generated docs."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from stacks.config import LakeConfig
from stacks.lake import build, new_app

LABELED = {"aws:cdk:enable-path-metadata": True}


def templates(*, env: str, config: Path | None = None, overrides: Mapping[str, Any] | None = None) -> dict[str, dict[str, Any]]:
    """Every template of an environment by the stack's short name, such as storage; UsageError for wrong settings."""
    settings = LakeConfig.load(env=env, file=config, overrides=overrides)
    with tempfile.TemporaryDirectory(prefix="shoplake-") as folder:
        app = new_app(outdir=folder, context=LABELED)
        build(app, settings)
        app.synth()
        files = sorted(Path(folder).glob("*.template.json"))
        prefix = f"{settings.prefix}-"
        return {file.name.removeprefix(prefix).split(".")[0]: json.loads(file.read_text(encoding="utf-8")) for file in files}
