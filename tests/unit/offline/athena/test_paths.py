"""Tables are read from folders with any name."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from offline.athena.engine import AthenaEngine
from offline.athena.model import Table


@pytest.mark.parametrize("name", ["my lake", "it's", 'a "b"', "a\\b", "[x]*?", "{a,b}", "#%20+&", "ä"])
def test_a_table_in_a_folder_with_an_odd_name(tmp_path: Path, name: str) -> None:
    folder = tmp_path / name / "orders"
    (folder / "source=a").mkdir(parents=True)
    duckdb.sql("select 1 as id").write_parquet(str(tmp_path / "part.parquet"))
    (tmp_path / "part.parquet").rename(folder / "source=a/part.parquet")
    table = Table("processed.orders", folder, (("id", "int"), ("source", "string")), ("source",))
    engine = AthenaEngine({"processed.orders": table})
    assert engine.query("select id, source from processed.orders").rows == [(1, "a")]
