"""The code of the jobs: one zip of our scripts and of the libraries that the container lacks. Python imports from it directly."""

from __future__ import annotations

from pathlib import Path

from stacks.bundle import ROOT, Bundle, Runtime, library_files, package_files, zipped

SCRIPTS = ("anomaly", "churn", "model_lib")
SHARED = ("glue_jobs/algorithms/customer_value", "glue_jobs/algorithms/feature_selects.py", "glue_jobs/features")
# Without the compiled part of wcwidth, which only prettytable uses. The container has no network to install anything.
LIBRARIES = ("packaging", "prettytable", "skops", "sqlglot", "wcwidth")
CONTAINER = Runtime(
    name="SageMaker's scikit-learn container",
    python="3.12",
    machine="x86_64",
    limit_bytes=16 << 20,
    provided=frozenset({"numpy", "pandas", "scikit-learn", "scipy"}),
)


def model_code(folder: Path = ROOT / "build" / "bundles") -> Bundle:
    """The zip, stored in `folder`."""
    files = package_files(SCRIPTS, root=ROOT / "sagemaker") | package_files(SHARED) | library_files(LIBRARIES, runtime=CONTAINER)
    return zipped("models", files, runtime=CONTAINER, folder=folder)
