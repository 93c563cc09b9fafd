"""Any layout of the same records gives the same rows, and a fault is refused, in quarantine or counted: random files.

SHOPLAKE_LAYOUTS=7:60 tries 60 layouts of seed 7 in place of the fixed ones.
"""

from __future__ import annotations

import os
from collections import Counter
from datetime import date
from pathlib import Path
from random import Random

import pytest
import yaml
from pyspark.sql import SparkSession

from contracts.errors import SourceError
from glue_jobs.lib.conform.conform_source import ConformResult
from glue_jobs.lib.source_definition.source_loader import load_source
from offline.lake.file_validation import validate_file
from tests.support.layouts import FAULTS, Written, write
from tests.support.shops import Shop

pytestmark = pytest.mark.usefixtures("interpreted")

COLUMNS = {
    "order_id": {},
    "line": {},
    "qty": {"type": "int"},
    "price": {"type": "decimal(18,4)"},
    "ts": {"type": "timestamp", "formats": ["yyyy-MM-dd HH:mm:ss"]},
    "note": {},
}
SELECT = """
select _record, concat('{kind}/', order_id, '/', line) as order_item_id, order_id, 'sale' as line_type, 'product' as item_kind,
  'A1' as product_id, note as product_name, qty as quantity, price as unit_price, cast(qty * price as decimal(18, 4)) as amount,
  'EUR' as currency, cast(null as string) as customer_id, cast(null as string) as country, cast(null as string) as session_id,
  ts as ordered_at, cast(ts_local as date) as order_date
from raw_{kind}
"""
# Seed and number.
FIXED = "1:4"


@pytest.fixture(scope="module")
def written() -> dict[str, Written]:
    seed, _, number = (os.environ.get("SHOPLAKE_LAYOUTS") or FIXED).partition(":")
    random = Random(int(seed))
    faults = (None, None, *FAULTS)
    return {f"k{n:03}": write(random, faults[n % len(faults)]) for n in range(int(number))}


@pytest.fixture(scope="module")
def loaded(
    written: dict[str, Written], spark: SparkSession, lake_root: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Shop, ConformResult, set[str]]:
    """The lake after one run, its result, and the kinds of which a file was refused at landing."""
    sources, export = tmp_path_factory.mktemp("sources"), tmp_path_factory.mktemp("export")
    (sources / "t").mkdir()
    kinds = {
        kind: {"glob": [f"{kind}.*"], "records": "order_items", "columns": COLUMNS, **one.declared}
        for kind, one in written.items()
    }
    (sources / "t" / "source.yaml").write_text(yaml.safe_dump({"title": "layouts", "files": kinds}))
    (sources / "t" / "order_items.sql").write_text("union all".join(SELECT.format(kind=kind) for kind in kinds))
    source, shop, refused = load_source(sources, "t"), Shop(spark, lake_root, "random", sources=sources), set()
    for kind, one in written.items():
        for name, content in one.files.items():
            path = export / f"{kind}.{name}"
            path.write_bytes(content)
            try:
                validate_file(source, path, kind=None, day=date(2026, 1, 1), progress=lambda _: None)
                shop.put("t", kind, path.name, content)
            except SourceError:
                refused.add(kind)
    return shop, shop.conform("t"), refused


def test_every_layout_gives_the_same_rows_and_no_fault_invents_any(
    written: dict[str, Written], loaded: tuple[Shop, ConformResult, set[str]]
) -> None:
    shop, _, refused = loaded
    rows: dict[str, list[tuple[str, int, str, str]]] = {kind: [] for kind in written}
    for identity, *rest in shop.rows("order_items", "order_item_id", "quantity", "unit_price", "product_name"):
        kind, order, _ = identity.split("/")
        rows[kind].append((order, *rest))
    quarantined = Counter(kind for (kind,) in shop.rows("quarantine", "file_kind"))
    problems = {}
    for kind, one in written.items():
        expected = [(row["order_id"], row["qty"], f"{row['price']}00", row["note"]) for row in one.records]
        missing = [row for row in expected if row not in rows[kind]]
        others = [row for row in rows[kind] if row not in expected]
        noticed = not missing or kind in refused or quarantined[kind]
        if others or len(missing) > one.harmed or not noticed or (kind in refused and not one.fault):
            problems[kind] = (one.fault, dict(one.choices), {"missing": missing, "others": others}, kind in refused)
    assert problems == {}


def test_every_record_is_counted(written: dict[str, Written], loaded: tuple[Shop, ConformResult, set[str]]) -> None:
    _, result, refused = loaded
    accounts = {one.table.removeprefix("raw_"): one for one in result.accounts if one.table.startswith("raw_")}
    problems = {}
    for kind, one in written.items():
        deliveries = 2 if one.fault == "delivered_again" else 1
        # An unclosed quote makes one record of all that follows.
        if kind not in refused and one.fault not in ("unclosed_quote", "cut", "wrong_delimiter"):
            expected = (len(one.records) + one.others) * deliveries
            if accounts[kind].read != expected:
                problems[kind] = (one.fault, dict(one.choices), accounts[kind].read, expected)
    assert problems == {}
    total = next(one for one in result.accounts if one.table == "order_items")
    assert total.read == total.processed + total.quarantined + total.deduplicated
    again = sum(len(one.records) for kind, one in written.items() if one.fault == "delivered_again" and kind not in refused)
    assert total.deduplicated == again
