"""The same records in every format that a source may deliver: equal tables, an account that adds up, places in quarantine."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import zipfile
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

import fastavro
import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyspark.sql import SparkSession

from tests.support.shops import Shop

pytestmark = pytest.mark.usefixtures("interpreted")

SOURCE = """
title: stock in many formats
timezone: Europe/Berlin
files:
  stock:
    glob: ["stock*.csv", "stock*.zip"]
    records: products
    columns:
      sku: {}
      name: {optional: true}
      price: {type: "decimal(18,4)"}
      at: {type: timestamp, formats: ["yyyy-MM-dd HH:mm:ss"]}
"""
SELECT = """
select _record, sku as product_id, name as product_name, cast(null as string) as category_id,
  cast(null as string) as category, cast(null as string) as brand, price as list_price,
  cast(null as decimal(18, 4)) as unit_cost, cast(null as bigint) as stock, at as observed_at
from raw_stock
"""
ROWS = ["007,Tea,3.50,2025-03-01 10:00:00", '8,"Pot, ""big""\nblue",20.00,2025-03-01 11:00:00', "9,,free,2025-03-01 12:00:00"]
CSV = "".join(f"{line}\n" for line in ["sku,name,price,at", *ROWS]).encode()
LOADED = [
    ("007", "Tea", "3.5000", "2025-03-01 09:00:00"),
    ("8", 'Pot, "big"\nblue', "20.0000", "2025-03-01 10:00:00"),
]


def zipped(members: dict[str, bytes]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return target.getvalue()


@pytest.fixture
def shop(spark: SparkSession, lake_root: Path) -> Shop:
    folder = lake_root / "formats" / "t"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "source.yaml").write_text(SOURCE)
    (folder / "products.sql").write_text(SELECT)
    return Shop(spark, lake_root, "formats", sources=folder.parent)


@pytest.mark.full
def test_compressed_files_and_archives_are_read_like_plain_ones(shop: Shop) -> None:
    # GIVEN the same records, under keys of their own, in each packing
    def rows(letter: str) -> bytes:
        return CSV.replace(b"007", letter.encode() + b"7").replace(b"\n8", b"\n" + letter.encode() + b"8")

    shop.put("t", "stock", "stock-a.csv.zst", pa.compress(rows("a"), "zstd", asbytes=True))
    shop.put("t", "stock", "stock-b.CSV.BZ2", bz2.compress(rows("b")))
    shop.put("t", "stock", "stock-c.csv.xz", lzma.compress(rows("c")))
    shop.put("t", "stock", "stock-d.csv.GZ", gzip.compress(rows("d")))
    shop.put("t", "stock", "stock-e.csv.gz", gzip.compress(rows("e")))
    shop.put("t", "stock", "stock-f.CSV", rows("f"))
    members = {"may/one.csv": rows("g"), "may/two.csv.gz": gzip.compress(b"\n" + rows("h")), "__MACOSX/may/._one.csv": b"?"}
    shop.put("t", "stock", "stock g+1.zip", zipped(members))
    # WHEN
    result = shop.conform("t")
    # THEN every packing has the two good records
    found = shop.rows("products", "product_id", "product_name", "list_price", "observed_at")
    assert found == sorted((f"{letter}{key[-1]}", *rest) for letter in "abcdefgh" for key, *rest in LOADED)
    # AND the place of each rejected record
    places = [(file.rpartition("/ingest_date=2026-01-01/")[2], line, text) for file, line, text in quarantined(shop)]
    assert places == [
        ("stock g+1.zip!/may/one.csv", 5, ROWS[2]),
        ("stock g+1.zip!/may/two.csv.gz", 6, ROWS[2]),
        *[(name, 5, ROWS[2]) for name in NAMES],
    ]
    accounts = {one.table: (one.read, one.processed, one.quarantined, dict(one.filtered_by_rule)) for one in result.accounts}
    assert accounts == {"products": (24, 16, 8, {}), "raw_stock": (25, 24, 0, {"blank_line": 1})}
    # AND nothing of the text that was read remains
    assert not list(shop.folder("processed").rglob("*.text"))
    # WHEN the rejected ones are read again THEN they are in quarantine once
    run_id = shop.rows("quarantine", "run_id")[0][0]
    shop.conform("t", "--replay", run_id)
    assert [(file.rpartition("/ingest_date=2026-01-01/")[2], line, text) for file, line, text in quarantined(shop)] == places
    # AND with the source corrected they are loaded
    source = shop.sources / "t" / "source.yaml"
    source.write_text(SOURCE.replace("records: products", "records: products\n    nulls: [free]"))
    shop.conform("t")
    assert quarantined(shop) == []
    assert len(shop.rows("products", "product_id")) == 24 - 7  # the product 9 is in all of them


NAMES = ["stock-a.csv.zst", "stock-b.CSV.BZ2", "stock-c.csv.xz", "stock-d.csv.GZ", "stock-e.csv.gz", "stock-f.CSV"]


def quarantined(shop: Shop) -> list[tuple[str, int, str]]:
    return shop.rows("quarantine", "source_file", "line_number", "raw_text")


TYPED = """
title: stock with types
timezone: Europe/Berlin
files:
"""
KIND = """
  stock_{form}:
    glob: ["*.{form}"]
    format: {form}
    records: products
    columns:
      sku: {{}}
      name: {{optional: true}}
      price: {{type: "decimal(18,4)"}}
      at: {{type: timestamp}}
"""
ALL = "\nunion all\n".join(SELECT.replace("raw_stock", f"raw_stock_{form}") for form in ("csv", "xlsx", "parquet", "avro"))
AT = datetime(2025, 3, 1, 10)


def records(letter: str) -> list[dict[str, object]]:
    first = {"sku": f"{letter}7", "name": "Tea", "price": Decimal("3.5000"), "at": AT}
    return [first, {"sku": f"{letter}8", "name": 'Pot, "big"\nblue', "price": Decimal("20.0000"), "at": AT + timedelta(hours=1)}]


def workbook() -> bytes:
    book, target = openpyxl.Workbook(), io.BytesIO()
    sheet = book.active
    for row in (["Stock"], ["sku", "name", "price", "at"], *[list(record.values()) for record in records("x")], []):
        sheet.append(row)
    sheet.append(["x9", "#N/A", "free", datetime(2025, 3, 1, 12)])
    book.save(target)
    return target.getvalue()


def avro() -> bytes:
    price = {"type": "bytes", "logicalType": "decimal", "precision": 18, "scale": 4}
    at = {"type": "long", "logicalType": "local-timestamp-micros"}
    types = {"sku": "string", "name": ["null", "string"], "price": price, "at": at}
    fields = [{"name": name, "type": form} for name, form in types.items()]
    target = io.BytesIO()
    fastavro.writer(target, {"type": "record", "name": "Stock", "fields": fields}, records("a"))
    return target.getvalue()


@pytest.mark.full
def test_formats_with_types_load_the_same_records(shop: Shop) -> None:
    # GIVEN the same two records in four formats, and a bad one in the workbook
    forms = ("csv", "xlsx", "parquet", "avro")
    (shop.sources / "t" / "source.yaml").write_text(TYPED + "".join(KIND.format(form=form) for form in forms))
    (shop.sources / "t" / "products.sql").write_text(ALL)
    plain = CSV.replace(b"007", b"c7").replace(b"\n8", b"\nc8").replace(ROWS[2].encode() + b"\n", b"")
    shop.put("t", "stock_csv", "stock.csv", plain)
    shop.put("t", "stock_xlsx", "STOCK.XLSX", workbook())
    target = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(records("p")), target)
    shop.put("t", "stock_parquet", "stock.parquet", target.getvalue())
    shop.put("t", "stock_parquet", "cut.parquet", target.getvalue()[:-20])
    shop.put("t", "stock_avro", "stock.avro", avro())
    # WHEN
    result = shop.conform("t")
    # THEN
    found = shop.rows("products", "product_id", "product_name", "list_price", "observed_at")
    assert found == sorted((f"{letter}{key[-1]}", *rest) for letter in "acpx" for key, *rest in LOADED)
    assert shop.rows("quarantine", "line_number", "rules", "raw_text") == [
        (6, ["price_not_decimal"], "x9,#N/A,free,2025-03-01 12:00:00")
    ]
    accounts = {one.table: (one.read, one.processed, one.quarantined, dict(one.filtered_by_rule)) for one in result.accounts}
    assert accounts == {
        "products": (9, 8, 1, {}),
        "raw_stock_csv": (2, 2, 0, {}),
        "raw_stock_xlsx": (5, 3, 0, {"preamble": 1, "blank_line": 1}),
        "raw_stock_parquet": (2, 2, 0, {}),
        "raw_stock_avro": (2, 2, 0, {}),
    }
    assert any("cut.parquet: " in notice and "export it again" in notice for notice in result.notices)
    # WHEN one more file comes into the same period THEN the others are converted again, and nothing is lost
    more = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(records("q")), more)
    shop.put("t", "stock_parquet", "more.parquet", more.getvalue())
    shop.conform("t")
    assert len(shop.rows("products", "product_id")) == 10
