"""What a query of the web dashboard reads, next to what the shop wrote: Athena bills for it."""

from __future__ import annotations

import gzip
import shutil
from datetime import timedelta
from pathlib import Path

from dashboards.web.filters import DEFAULT_DAYS, Filters
from dashboards.web.queries import FOLDER, bind, query_sql
from offline.athena import open_lake
from tests.end_to_end.headline_checks import folders
from tests.end_to_end.lake import CheckedSource

SHARE = 0.02
# These rank products by their lines, and show lines.
OF_LINES = {"sales_by_product", "order_rows", "order_row_totals"}


def written_bytes(raw: Path, scratch: Path) -> int:
    """The bytes of the raw files as text: compressed, a small data set is hardly larger than the footers of its tables."""
    total = 0
    for file in raw.iterdir():
        if file.suffix == ".gz":
            with gzip.open(file) as packed, scratch.open("wb") as text:
                shutil.copyfileobj(packed, text)
            total += scratch.stat().st_size
        else:
            total += file.stat().st_size
    return total


class ScanChecks:
    """Checks for sources of a megabyte and more, whole: a sample has all products, but few orders of them."""

    def test_queries_of_the_dashboard_read_little_of_what_the_shop_wrote(self, source: CheckedSource, tmp_path: Path) -> None:
        most = SHARE * written_bytes(source.raw, tmp_path / "text")
        with open_lake(folders(source)) as lake:
            (days,) = lake.rows(query_sql("coverage"))
            first = days["last_date"] - timedelta(days=DEFAULT_DAYS - 1)
            filters = Filters(source=days["source"], first=first, last=days["last_date"])
            read = {
                file.stem: lake.query(*bind(query_sql(file.stem), filters.values)).scanned_bytes
                for file in FOLDER.glob("*.sql")
                if file.stem not in OF_LINES
            }
        assert {name: scanned for name, scanned in read.items() if scanned > most} == {}
        assert read["sales_period"] > 0
