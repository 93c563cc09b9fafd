"""Synthesizes the CDK app into a folder of templates and assets, cached by the hash of everything that the app reads."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from contracts.errors import PlatformError
from stacks.node import environment

ROOT = Path(__file__).parents[2]
CACHE = ROOT / "build" / "twin"
READ = ("app.py", "cdk.json", "requirements.lock", "stacks", "contracts", "glue_jobs", "athena_queries", "lambdas", "sagemaker")
KEPT = 3
BUCKET_NAME = 63
ZONES = {"raw": "RawBucket", "processed": "ProcessedBucket", "curated": "CuratedBucket"}
ZIPPED_AT = (2020, 1, 1, 0, 0, 0)


@dataclass(frozen=True)
class Stack:
    """One template of the app; `needs` are the names of the stacks that it depends on."""

    name: str
    template: dict[str, Any]
    needs: tuple[str, ...]

    def of_type(self, kind: str) -> list[str]:
        """The logical ids of the resources of a type."""
        return [logical for logical, resource in self.template.get("Resources", {}).items() if resource["Type"] == kind]


@dataclass(frozen=True)
class Asset:
    """A file that the templates expect in a bucket."""

    path: Path
    bucket: str
    key: str


@dataclass(frozen=True)
class Assembly:
    """A synthesized app in its folder."""

    folder: Path

    @cached_property
    def stacks(self) -> list[Stack]:
        """All stacks, each after those that it depends on."""
        artifacts = json.loads((self.folder / "manifest.json").read_text(encoding="utf-8"))["artifacts"]
        stacks = {name: entry for name, entry in artifacts.items() if entry["type"] == "aws:cloudformation:stack"}
        ordered: dict[str, Stack] = {}
        while len(ordered) < len(stacks):
            for name, entry in stacks.items():
                needs = tuple(need for need in entry.get("dependencies", ()) if need in stacks)
                if name not in ordered and all(need in ordered for need in needs):
                    template = json.loads((self.folder / entry["properties"]["templateFile"]).read_text(encoding="utf-8"))
                    ordered[name] = Stack(entry["properties"].get("stackName", name), template, needs)
        return list(ordered.values())

    @cached_property
    def buckets(self) -> list[str]:
        """The names of all buckets that the templates create."""
        return [
            stack.template["Resources"][logical].get("Properties", {}).get("BucketName")
            or physical_name("AWS::S3::Bucket", stack.name, logical)
            for stack in self.stacks
            for logical in stack.of_type("AWS::S3::Bucket")
        ]

    @cached_property
    def zones(self) -> dict[str, str]:
        """Zone → bucket name, as in the stacks' outputs; PlatformError when an output is missing."""
        outputs = {key: (stack, value) for stack in self.stacks for key, value in stack.template.get("Outputs", {}).items()}
        buckets = {}
        for zone, key in ZONES.items():
            stack, output = outputs.get(key) or (None, None)
            logical = output["Value"].get("Ref") if output else None
            if stack is None or logical is None:
                raise PlatformError(
                    f"{self.folder}: no stack has the output {key}, the bucket of the {zone} zone; add it in stacks/."
                )
            buckets[zone] = physical_name("AWS::S3::Bucket", stack.name, logical)
        return buckets

    def assets(self) -> Iterator[Asset]:
        """The files to upload before the stacks are created; folders are packed as zip files."""
        for manifest in sorted(self.folder.glob("*.assets.json")):
            for asset in json.loads(manifest.read_text(encoding="utf-8"))["files"].values():
                path = self.folder / asset["source"]["path"]
                for place in asset["destinations"].values():
                    key = place["objectKey"]
                    if path.is_dir():
                        path = _zipped(path, self.folder / "zips" / Path(key).name)
                    yield Asset(path, place["bucketName"], key)


def physical_name(kind: str, stack: str, logical: str) -> str:
    """The name of a resource whose template has none; the same after every deployment."""
    name = f"{stack}-{logical}"
    if kind == "AWS::S3::Bucket":
        name = name.lower()
    if len(name) > BUCKET_NAME:
        name = f"{name[: BUCKET_NAME - 9]}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"
    return name


def fingerprint() -> str:
    """One hash of everything that the app reads."""
    digest = hashlib.sha256()
    for name in READ:
        entry = ROOT / name
        for path in sorted(entry.rglob("*")) if entry.is_dir() else [entry]:
            if path.is_file() and "__pycache__" not in path.parts:
                digest.update(f"{path.relative_to(ROOT)}\0{path.stat().st_size}\0".encode())
                digest.update(path.read_bytes())
    return digest.hexdigest()[:32]


def assembly() -> Assembly:
    """The synthesized app of this checkout, from the cache if nothing that it reads has changed.

    PlatformError with the app's own message when it cannot be synthesized.
    """
    folder = CACHE / fingerprint()
    if not folder.is_dir():
        CACHE.mkdir(parents=True, exist_ok=True)
        with (CACHE / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not folder.is_dir():
                _synthesize(folder)
    return Assembly(folder)


def _synthesize(folder: Path) -> None:
    draft = folder.with_name(f"_{folder.name}")
    shutil.rmtree(draft, ignore_errors=True)
    context = json.loads((ROOT / "cdk.json").read_text(encoding="utf-8")).get("context", {})
    env = os.environ | environment() | {"CDK_OUTDIR": str(draft), "CDK_CONTEXT_JSON": json.dumps(context)}
    process = subprocess.run([sys.executable, "app.py"], cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    if process.returncode:
        lines = [line.strip() for line in process.stderr.splitlines() if line.strip()]
        raise PlatformError(f"The platform (app.py) cannot be synthesized: {lines[-1] if lines else 'no error message'}")
    list(Assembly(draft).assets())
    draft.rename(folder)
    others = sorted((entry for entry in CACHE.iterdir() if entry.is_dir()), key=lambda entry: entry.stat().st_mtime)
    for old in others[:-KEPT]:
        shutil.rmtree(old, ignore_errors=True)


def _zipped(folder: Path, target: Path) -> Path:
    """Packs the folder; the same files give the same bytes."""
    if not target.exists():
        target.parent.mkdir(exist_ok=True)
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as packed:
            for path in sorted(folder.rglob("*")):
                if path.is_file():
                    entry = zipfile.ZipInfo(path.relative_to(folder).as_posix(), ZIPPED_AT)
                    packed.writestr(entry, path.read_bytes(), zipfile.ZIP_DEFLATED)
    return target
