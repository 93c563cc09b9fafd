"""What the jobs write is what the catalog projects: a query finds every file, and looks nowhere a job would not write."""

from __future__ import annotations

from datetime import UTC, date, datetime
from importlib import resources
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from contracts import load, load_all
from contracts.derive.glue import PartitionRange, projection
from glue_jobs.lib.lake.context import Lake, parse, parser
from glue_jobs.lib.source_definition.source_loader import source_names
from tests.support.projection import folders
from tests.support.shops import REES46_HEADER, Shop, event

pytestmark = pytest.mark.usefixtures("interpreted")

LINES = [
    REES46_HEADER,
    event("2019-10-31 23:59:59", "view", "p1"),
    event("2019-11-01 00:00:00", "purchase", "p1"),
    event("2019-11-02 10:00:00", "no such type", "p1"),
]


def written(shop: Shop) -> set[str]:
    """The folders that hold Parquet, as URIs; what begins with _ is hidden from every engine."""
    uris = set()
    for zone in ("processed", "curated"):
        for file in shop.folder(zone).rglob("*.parquet"):
            place = file.relative_to(shop.root / "s3").parent
            if not any(part.startswith("_") for part in place.parts):
                uris.add(f"s3://{place}/")
    return uris


@pytest.mark.parametrize(
    ("grain", "of_events"),
    [
        pytest.param("month", {"2019-10", "2019-11"}, marks=pytest.mark.full),
        ("day", {"2019-10-31", "2019-11-01"}),
    ],
)
def test_every_folder_that_the_jobs_write_is_projected(
    spark: SparkSession, lake_root: Path, grain: str, of_events: set[str]
) -> None:
    # GIVEN a run of both jobs, with a good row, a sale and a refused row
    shop = Shop(spark, lake_root, f"projection_{grain}", grain=grain, only_marts=("dim_date", "fct_order_items"))
    shop.put("rees46", "events", "a.csv", LINES)
    shop.conform("rees46")
    shop.build("rees46")
    # WHEN the catalog projects the tables at the places that the jobs' own arguments name
    lake = Lake.open(parse(parser(""), shop.arguments()))
    span = PartitionRange(
        sources=source_names(resources.files("glue_jobs") / "sources"),
        grain=grain,
        first=date(2019, 1, 1),
        last=date(2035, 12, 31),
    )
    today = datetime.now(UTC).date()
    projected = {
        name: folders(projection(contract, location=lake.location(contract), span=span), today=today)
        for name, contract in load_all().items()
    }
    # THEN every written folder is among them, under its own table
    uris = written(shop)
    assert {uri for uri in uris if "/events/" in uri} == {
        f"{lake.location(load('events'))}/source=rees46/period={period}/" for period in of_events
    }
    assert {uri.split("/")[4] for uri in uris} >= {
        "events",
        "quarantine",
        "etl_runs",
        "etl_files",
        "dim_date",
        "fct_order_items",
    }
    for uri in uris:
        assert [name for name, uris in projected.items() if uri in uris] == [uri.split("/")[4]]
