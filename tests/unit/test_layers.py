"""Packages import downwards only, so that a reader can follow a run without climbing back up."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# Lowest layer first; packages of one layer may import each other.
LAYERS = {
    "glue_jobs/lib": (("lake",), ("source_definition",), ("formats",), ("conform",), ("curated",), ("publishing",)),
    "offline": (
        ("console", "serving"),
        ("athena", "generator", "source_draft"),
        ("twin",),
        ("lake",),
        ("live", "models"),
        ("report", "demo", "cli"),
    ),
    ".": (("contracts",), ("glue_jobs", "athena_queries", "lambdas"), ("stacks",), ("offline", "dashboards")),
}


def imports(file: Path) -> Iterator[str]:
    """Every module that the file imports, inside functions and for type checking as well."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def upward_imports(root: Path, base: str) -> list[str]:
    """'importing file imports imported file', for each import of a package in a higher layer."""
    layers = LAYERS[base]
    rank = {package: number for number, packages in enumerate(layers) for package in packages}
    prefix = "" if base == "." else f"{base.replace('/', '.')}."
    violations = set()
    for package, own in rank.items():
        for file in (root / base / package).rglob("*.py"):
            for module in imports(file):
                other = module.removeprefix(prefix).split(".")[0]
                if module.startswith(prefix) and rank.get(other, own) > own and (path := file_of(root, module)):
                    violations.add(f"{file.relative_to(root).as_posix()} imports {path}")
    return sorted(violations)


def file_of(root: Path, module: str) -> str | None:
    path = root / module.replace(".", "/")
    candidates = (path.with_suffix(".py"), path / "__init__.py")
    return next((file.relative_to(root).as_posix() for file in candidates if file.is_file()), None)


@pytest.mark.parametrize("base", LAYERS)
def test_no_package_imports_a_higher_layer(base: str) -> None:
    assert upward_imports(ROOT, base) == []


@pytest.mark.parametrize("base", ["glue_jobs/lib", "offline"])
def test_every_package_has_a_layer(base: str) -> None:
    packages = {entry.parent.name for entry in (ROOT / base).glob("*/__init__.py")}
    assert packages == {package for layer in LAYERS[base] for package in layer}


def test_an_upward_import_is_found_and_both_files_are_named(tmp_path: Path) -> None:
    # GIVEN a storage module that imports the mart builder inside a function
    for package in ("lake", "curated"):
        (tmp_path / "glue_jobs/lib" / package).mkdir(parents=True)
    (tmp_path / "glue_jobs/lib/lake/storage.py").write_text(
        "def f():\n    from glue_jobs.lib.curated import mart_builder\n", encoding="utf-8"
    )
    (tmp_path / "glue_jobs/lib/curated/mart_builder.py").write_text("from glue_jobs.lib.lake import storage\n", encoding="utf-8")
    # THEN
    assert upward_imports(tmp_path, "glue_jobs/lib") == [
        "glue_jobs/lib/lake/storage.py imports glue_jobs/lib/curated/mart_builder.py"
    ]
