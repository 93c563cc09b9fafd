"""What a Glue job runs: its main, one zip of our own packages, and one of the libraries that Glue lacks.

The zips are made at synth, without network or Docker: all libraries are pure Python, so what `make` installed is what is
shipped, after every file was compared with the hash that its wheel states. Nothing is installed when a job starts.
"""

from __future__ import annotations

import base64
import hashlib
import os
import re
import zipfile
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path

from aws_cdk import aws_s3_assets as assets
from constructs import Construct

from contracts.errors import PlatformError

ROOT = Path(__file__).parents[2]
PACKAGES = ("contracts", "glue_jobs")
SHIPPED = (".py", ".sql", ".yaml")
# PyYAML works without its compiled part, which is left out.
LIBRARIES = ("pyyaml", "sqlglot")
LIMIT_BYTES = 16 << 20
_EPOCH = (1980, 1, 1, 0, 0, 0)


class JobCode(Construct):
    """The assets that all jobs share; `main` adds one job's own script."""

    def __init__(self, scope: Construct, id_: str) -> None:
        super().__init__(scope, id_)
        zips = {"Packages": package_files(), "Libraries": library_files()}
        self.shared = [
            assets.Asset(self, name, path=str(bundle(name.lower(), files)), asset_hash=content_hash(files))
            for name, files in zips.items()
        ]

    def main(self, name: str) -> assets.Asset:
        """The script glue_jobs/<name>.py."""
        return assets.Asset(self, name.capitalize(), path=str(ROOT / "glue_jobs" / f"{name}.py"))


def readable(asset: assets.Asset) -> str:
    """The ARN of an asset's one object."""
    return asset.bucket.arn_for_objects(asset.s3_object_key)


def package_files() -> dict[str, bytes]:
    """Our packages with their YAML and SQL, by path in the zip."""
    found = (path for package in PACKAGES for path in (ROOT / package).rglob("*") if path.suffix in SHIPPED)
    return {path.relative_to(ROOT).as_posix(): path.read_bytes() for path in sorted(found)}


def library_files() -> dict[str, bytes]:
    """The Python files and licenses of the libraries, by path in the zip.

    LakeError when a library is missing, is not the locked version, or was changed after it was installed.
    """
    locked = dict(re.findall(r"^([a-z0-9-]+)==(\S+)", (ROOT / "requirements.lock").read_text(encoding="utf-8"), re.MULTILINE))
    files: dict[str, bytes] = {}
    for name in LIBRARIES:
        files.update(_installed(name, locked))
    return files


def _installed(name: str, locked: Mapping[str, str]) -> dict[str, bytes]:
    try:
        found = metadata.distribution(name)
    except metadata.PackageNotFoundError:
        raise PlatformError(f"{name}: is not installed, but Glue jobs need it; run `make .venv/ready`.") from None
    if found.version != locked.get(name):
        raise PlatformError(
            f"{name}: version {found.version} is installed, requirements.lock names {locked.get(name)}; run `make .venv/ready`."
        )
    files = {}
    for entry in found.files or ():
        if entry.suffix == ".py" or entry.name in ("METADATA", "LICENSE"):
            content = entry.read_binary()
            digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).decode().rstrip("=")
            if entry.hash is None or entry.hash.value != digest:
                raise PlatformError(f"{entry.locate()}: was changed after installation; delete .venv and run `make .venv/ready`.")
            files[entry.as_posix()] = content
    return files


def content_hash(files: Mapping[str, bytes]) -> str:
    """Changes with any name or content, and with nothing else: not with the zip library, nor with the time."""
    digest = hashlib.sha256()
    for name, content in sorted(files.items()):
        digest.update(f"{name}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()


def bundle(name: str, files: Mapping[str, bytes], *, folder: Path = ROOT / "build" / "bundles", limit: int = LIMIT_BYTES) -> Path:
    """The zip of these files, kept in `folder` under their hash; the same files always give the same bytes.

    LakeError when the zip is larger than `limit` bytes.
    """
    target = folder / f"{name}-{content_hash(files)[:16]}.zip"
    if not target.exists():
        folder.mkdir(parents=True, exist_ok=True)
        draft = folder / f"_{os.getpid()}-{target.name}"
        with zipfile.ZipFile(draft, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
            for path, content in sorted(files.items()):
                entry = zipfile.ZipInfo(path, _EPOCH)
                entry.external_attr = 0o644 << 16
                archive.writestr(entry, content, zipfile.ZIP_DEFLATED, 9)
        draft.replace(target)
    size = target.stat().st_size
    if size > limit:
        raise PlatformError(f"{target.name}: has {size:,} bytes, at most {limit:,} are allowed; remove what jobs do not need.")
    return target
