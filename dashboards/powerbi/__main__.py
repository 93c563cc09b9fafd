"""Write the project next to its definition: `make docs` does."""

from __future__ import annotations

from dashboards.powerbi.project import write

if __name__ == "__main__":
    write()
