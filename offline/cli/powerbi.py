"""shoplake powerbi"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from contracts.errors import UsageError
from offline.console.streams import out


def powerbi(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Folder for the project; must be new or empty.")],
    *,
    dsn: Annotated[str | None, typer.Option(help="ODBC data source that uses the Amazon Athena driver 2.x.")] = None,
    region: Annotated[str | None, typer.Option(help="AWS region of the lake.")] = None,
    workgroup: Annotated[str | None, typer.Option(help="Athena workgroup: the output BiWorkgroup.")] = None,
    database: Annotated[str | None, typer.Option(help="Database of the views, such as shoplake_prod_curated.")] = None,
    shop: Annotated[str | None, typer.Option(help="Source to load.")] = None,
    direct_query: Annotated[bool, typer.Option("--direct-query", help="Ask Athena at every click instead of importing.")] = False,
) -> None:
    """Write the Power BI project (PBIP): a star schema with measures, and a report of six pages."""
    from dashboards.powerbi import tmdl  # noqa: PLC0415
    from dashboards.powerbi.project import NAME, write  # noqa: PLC0415

    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(f"{folder}: is not empty; name a new folder.")
    stated = {"Dsn": dsn, "Region": region, "Workgroup": workgroup, "Database": database, "Shop": shop}
    mode = tmdl.DIRECT_QUERY if direct_query else tmdl.IMPORT
    files = write(folder, mode=mode, **{name: value for name, value in stated.items() if value is not None})
    out().print(f"{len(files)} files; open {folder / f'{NAME}.pbip'} in Power BI Desktop.", markup=False, soft_wrap=True)
