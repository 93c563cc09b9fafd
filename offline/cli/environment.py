"""Makes the command independent of settings for other programs. Runs before any other import, so it needs only `os` and `sys`."""

from __future__ import annotations

import os
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))  # noqa: PTH100, PTH120 - pathlib may be hidden
HOME = os.path.join(ROOT, "build", "home")  # noqa: PTH118


def prepare() -> None:
    """Ends the program with a sentence when PYTHONPATH hides one of its modules."""
    hidden = _hidden_module()
    if hidden:
        sys.stderr.write(f"{hidden}: this file on PYTHONPATH hides a module that shoplake needs; unset PYTHONPATH.\n")
        sys.exit(2)
    _open_streams()
    _set_home()


def _open_streams() -> None:
    """Otherwise the next file that is opened would take the place of a closed stream."""
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)


def _set_home() -> None:
    """Libraries keep caches in the home folder; without one that can be written, they go below the clone."""
    home = os.environ.get("HOME", "")
    if not os.access(home, os.W_OK | os.X_OK):
        # In a clone that cannot be written either, each library reports what it needs.
        try:
            os.makedirs(HOME, exist_ok=True)  # noqa: PTH103
        except OSError:
            return
        os.environ["HOME"] = HOME
        # The CDK refuses a cache in a clone that other users of a group may write.
        os.environ["JSII_RUNTIME_PACKAGE_CACHE"] = "disabled"


def _hidden_module() -> str | None:
    """The first file on PYTHONPATH that would be imported instead of a module of Python, of ours or of a library."""
    folders = os.environ.get("PYTHONPATH", "").split(os.pathsep) if "PYTHONPATH" in os.environ else []
    own = [ROOT, *(path for path in sys.path if path.endswith("site-packages"))]
    foreign = [folder for folder in folders if os.path.isdir(folder) and os.path.realpath(folder) not in own]  # noqa: PTH112
    if not foreign:
        return None
    needed = set(sys.stdlib_module_names).union(*map(_modules, own))
    for folder in foreign:
        for name, file in sorted(_modules(folder).items()):
            if name in needed:
                return os.path.join(folder, file)  # noqa: PTH118
    return None


def _modules(folder: str) -> dict[str, str]:
    """Module name → file or folder. A folder without `__init__.py` hides nothing."""
    modules = {}
    for file in os.listdir(folder) if os.path.isdir(folder) else ():  # noqa: PTH112, PTH208
        name, _, suffix = file.partition(".")
        if suffix in ("py", "pyc") or suffix.endswith("so") or os.path.isfile(os.path.join(folder, file, "__init__.py")):  # noqa: PTH113, PTH118
            modules[name] = file
    return modules
