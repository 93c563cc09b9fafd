"""Zips of our own packages and of libraries, for a runtime on AWS: `bundle(packages=…, libraries=…, runtime=…)`.

Zips are built at synth, without network or Docker. A library is taken from this environment: the lock pins it by the hash of its
wheel, and every file is compared with the hash that the wheel records. So what is bundled is pure Python, which runs on any
Python version and architecture that the library supports. Compiled libraries are for a runtime whose Python and machine are those
of this environment, and only if their wheel runs on the runtime's system.
"""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import os
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from contracts.errors import PlatformError

ROOT = Path(__file__).parents[1]
SHIPPED = (".css", ".js", ".json", ".py", ".sql", ".yaml")
# Maps of minified scripts are for their developers, Jupyter's extension for notebooks.
LEFT_OUT = re.compile(r"\.map$|^plotly/labextension/|^\.\./|\.pyc$|\.pyi$")
COMPILED = (".so", ".pyd", ".dylib")
# These also work without their compiled part, which is left out.
WITHOUT_COMPILED_PART = ("fastavro", "pyyaml", "wcwidth")
_EPOCH = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True, kw_only=True)
class Runtime:
    """Where a bundle runs: `provided` libraries are installed there already; a larger zip than `limit_bytes` is refused.

    With `glibc`, its minor version, compiled libraries are bundled too.
    """

    name: str
    python: str
    machine: str
    limit_bytes: int
    provided: frozenset[str] = frozenset()
    glibc: int | None = None

    @property
    def markers(self) -> dict[str, str]:
        """The environment markers that decide which dependencies apply."""
        return {
            "python_version": self.python,
            "python_full_version": f"{self.python}.0",
            "sys_platform": "linux",
            "platform_system": "Linux",
            "platform_machine": self.machine,
            "os_name": "posix",
            "implementation_name": "cpython",
            "platform_python_implementation": "CPython",
            "extra": "",
        }


GLUE = Runtime(name="Glue 5.1", python="3.11", machine="x86_64", limit_bytes=16 << 20, provided=frozenset({"pyspark", "boto3"}))
# Lambda takes at most 50 MB as a zip.
LAMBDA = Runtime(name="Lambda", python="3.13", machine="aarch64", limit_bytes=50 << 20, provided=frozenset({"boto3", "botocore"}))
# Amazon Linux 2. The web dashboard needs Dash, and that needs a compiled pydantic.
LAMBDA_COMPILED = dataclasses.replace(LAMBDA, name="Lambda (Python 3.11, x86-64)", python="3.11", machine="x86_64", glibc=26)


@dataclass(frozen=True)
class Bundle:
    """A zip, and the hash of its content, which is the same wherever it is built."""

    path: Path
    content_hash: str


def bundle(
    *,
    packages: Sequence[str] = (),
    libraries: Sequence[str] = (),
    leave_out: Sequence[str] = (),
    runtime: Runtime,
    root: Path = ROOT,
    folder: Path = ROOT / "build" / "bundles",
) -> Bundle:
    """The zip of our `packages` (folders below `root`) and of `libraries`, stored in `folder`. Paths of `leave_out` stay out.

    PlatformError if a library is missing, compiled, changed, not the locked version, not made for the runtime's Python, or needs
    a library that is neither bundled nor provided; and if the zip is too large.
    """
    ours = {
        path: content for path, content in package_files(packages, root=root).items() if not path.startswith(tuple(leave_out))
    }
    files = ours | library_files(libraries, runtime=runtime)
    return zipped("-".join([*packages, *libraries]).replace("/", ".")[:100], files, runtime=runtime, folder=folder)


def zipped(name: str, files: Mapping[str, bytes], *, runtime: Runtime, folder: Path) -> Bundle:
    """The zip of these files; PlatformError if it is too large."""
    digest = content_hash(files)
    path = write_zip(f"{name}-{digest[:16]}", files, folder=folder)
    size = path.stat().st_size
    if size > runtime.limit_bytes:
        raise PlatformError(
            f"{path.name}: has {size:,} bytes, but {runtime.name} allows {runtime.limit_bytes:,}; remove packages or libraries."
        )
    return Bundle(path, digest)


def package_files(packages: Sequence[str], *, root: Path = ROOT) -> dict[str, bytes]:
    """Our packages (folders, or single modules) with their data files, by path in the zip."""
    paths = {path for package in packages for path in [root / package, *(root / package).rglob("*")] if path.suffix in SHIPPED}
    # Python finds no package in a zip whose parent is none.
    parents = (root / parent / "__init__.py" for package in packages for parent in Path(package).parents)
    paths |= {path for path in parents if path.is_file()}
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in sorted(paths)}


def library_files(libraries: Sequence[str], *, runtime: Runtime) -> dict[str, bytes]:
    """The files and licenses of the libraries, by path in the zip; PlatformError as `bundle`."""
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    locked = dict(re.findall(r"^([a-z0-9-]+)==(\S+)", lock, re.MULTILINE))
    files: dict[str, bytes] = {}
    for name in libraries:
        distribution = _locked_distribution(name, locked)
        _check_support(name, distribution, libraries=libraries, runtime=runtime)
        files.update(_distribution_files(name, distribution, runtime=runtime))
    # Python finds a folder of modules in a zip only if it is a package.
    folders = {parent for path in files if path.endswith(".py") for parent in Path(path).parents if parent.name}
    return {f"{folder.as_posix()}/__init__.py": b"" for folder in sorted(folders)} | files


def _locked_distribution(name: str, locked: Mapping[str, str]) -> metadata.Distribution:
    try:
        distribution = metadata.distribution(name)
    except metadata.PackageNotFoundError:
        raise PlatformError(f"{name}: is not installed, but has to be bundled; run `make .venv/ready`.") from None
    if distribution.version != locked.get(name):
        raise PlatformError(
            f"{name}: version {distribution.version} is installed, but requirements.lock has {locked.get(name)}; "
            "run `make .venv/ready`."
        )
    return distribution


def _check_support(name: str, distribution: metadata.Distribution, *, libraries: Sequence[str], runtime: Runtime) -> None:
    """PlatformError if the runtime's Python is not supported, or a dependency would be missing there."""
    # The backport of importlib.metadata, which Dash imports, raises for a key that is missing.
    supported = distribution.metadata.get("Requires-Python")  # type: ignore[attr-defined]  # missing in the stubs of 3.11
    if supported and runtime.python not in SpecifierSet(supported):
        raise PlatformError(
            f"{name}: supports Python {supported}, but {runtime.name} has {runtime.python}; bundle another version or library."
        )
    available = {canonicalize_name(library) for library in (*libraries, *runtime.provided)}
    for requirement in map(Requirement, distribution.requires or ()):
        applies = requirement.marker is None or requirement.marker.evaluate(runtime.markers)
        if applies and canonicalize_name(requirement.name) not in available:
            raise PlatformError(f"{name}: needs {requirement.name}, which {runtime.name} does not have; bundle it too.")


def _distribution_files(name: str, distribution: metadata.Distribution, *, runtime: Runtime) -> dict[str, bytes]:
    files = {}
    for entry in distribution.files or ():
        if entry.suffix in COMPILED and runtime.glibc is not None:
            _check_machine(name, distribution, runtime=runtime)
        elif entry.suffix in COMPILED:
            if name in WITHOUT_COMPILED_PART:
                continue
            raise PlatformError(f"{name}: is compiled ({entry.name}), so it only runs on this kind of machine; use pure Python.")
        if _is_shipped(entry):
            content = entry.read_binary()
            digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).decode().rstrip("=")
            if entry.hash is None or entry.hash.value != digest:
                raise PlatformError(f"{entry.locate()}: was changed after installation; delete .venv and run `make .venv/ready`.")
            files[entry.as_posix()] = content
    return files


def _check_machine(name: str, distribution: metadata.Distribution, *, runtime: Runtime) -> None:
    """PlatformError unless the installed wheel was built for the runtime's Python and processor, and an equal or older glibc."""
    wheel = distribution.read_text("WHEEL") or ""
    python = f"cp{runtime.python.replace('.', '')}"
    minors = re.findall(rf"^Tag: {python}-\w+-manylinux_2_(\d+)_{runtime.machine}$", wheel, re.MULTILINE)
    if not any(int(minor) <= (runtime.glibc or 0) for minor in minors):
        tags = ", ".join(re.findall(r"^Tag: (\S+)", wheel, re.MULTILINE)) or "an unknown system"
        raise PlatformError(
            f"{name}: is built for {tags}, which {runtime.name} does not run; synthesize on Linux with Python "
            f"{runtime.python} on {runtime.machine}."
        )


def _is_shipped(entry: metadata.PackagePath) -> bool:
    """Not scripts in ../../bin, caches, type stubs, or the installer's records; data files of a library are part of it."""
    if LEFT_OUT.search(entry.as_posix()):
        return False
    return not entry.parts[0].endswith(".dist-info") or entry.name == "METADATA" or entry.name.startswith(("LICENSE", "LICENCE"))


def content_hash(files: Mapping[str, bytes]) -> str:
    """Changes with any name or content, and with nothing else: not with the zip library, nor with the time."""
    digest = hashlib.sha256()
    for name, content in sorted(files.items()):
        digest.update(f"{name}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()


def write_zip(name: str, files: Mapping[str, bytes], *, folder: Path) -> Path:
    """The zip `name` of these files, built unless it exists; the same files always give the same bytes."""
    target = folder / f"{name}.zip"
    if not target.exists():
        folder.mkdir(parents=True, exist_ok=True)
        draft = folder / f"_{os.getpid()}-{target.name}"
        with zipfile.ZipFile(draft, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
            for entry, content in _entries(files):
                archive.writestr(entry, content, zipfile.ZIP_DEFLATED, 6)
        draft.replace(target)
    return target


def _entries(files: Mapping[str, bytes]) -> Iterator[tuple[zipfile.ZipInfo, bytes]]:
    for path, content in sorted(files.items()):
        entry = zipfile.ZipInfo(path, _EPOCH)
        entry.external_attr = 0o644 << 16
        yield entry, content
