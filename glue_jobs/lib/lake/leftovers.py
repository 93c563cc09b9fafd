"""Folders of tables that were renamed or removed: no run writes them, no run deletes them, readers still see their rows."""

from __future__ import annotations

from collections.abc import Collection

from glue_jobs.lib.lake.context import Lake


def leftover_tables(lake: Lake, zone: str, source: str, *, tables: Collection[str]) -> list[str]:
    """A sentence for each folder of the zone (a URI) that has rows of the source and is none of the tables."""
    unknown = [name for name in lake.storage.folders(zone) if name not in tables]
    places = [f"{zone}/{name}/source={source}" for name in unknown]
    return [
        f"{place}: no run writes this table any more, and its rows are still there; delete the folder if nothing needs it."
        for place in places
        if lake.storage.exists(place)
    ]
