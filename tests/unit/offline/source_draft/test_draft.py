"""A source folder is drafted from samples: it is valid, and loads them once its open points are answered."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import re
import zipfile
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import fastavro
import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from pyspark.sql import SparkSession
from typer.testing import CliRunner

from glue_jobs.lib.source_definition.source_loader import load_source
from glue_jobs.source_check import problems_of
from offline.cli.app import app
from offline.lake.file_validation import validate_file
from offline.source_draft.folder import draft
from tests.support.shops import Shop

ORDERS = """\
Order No;Created at;Lineitem sku;Lineitem quantity;Lineitem price;Email;Ship Country
1001;2024-03-01 10:22:33 +0100;T-1;2;1.190,00;ann@shop.example;DE
1001;2024-03-01 10:22:33 +0100;T-2;1;4,50;ann@shop.example;DE
1002;2024-03-02 23:30:00 +0100;T-1;-1;1.190,00;bob@shop.example;Österreich
""".encode("cp1252")
EVENTS = [
    {"event": "page_view", "ts": 1709284953000, "visitorId": "v1", "item": None},
    {"event": "addtocart", "ts": 1709284954000, "visitorId": "v1", "item": "T-1"},
]
CATALOG = [{"sku": "T-1", "title": "Teapot", "prices": {"list_price": 1190.0}}, {"sku": "T-2", "title": "Cup", "prices": {}}]


def put(folder: Path, name: str, content: bytes | str) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder / name


@pytest.fixture
def samples(tmp_path: Path) -> list[Path]:
    folder = tmp_path / "export"
    return [
        put(folder, "orders-2024-03.csv", ORDERS),
        put(folder, "orders-2024-04.csv", ORDERS),
        put(folder, "events.jsonl.gz", gzip.compress("\n".join(map(json.dumps, EVENTS)).encode())),
        put(folder, "catalog.json", json.dumps(CATALOG)),
        put(folder, "rates.csv", "day|rate\n2024-03-01|1.08\n"),
        put(folder, "stores.tsv", "store\topened\nParis, centre\t2024-03-01\nBerlin\t2024-04-01\n"),
    ]


def test_formats_columns_and_types_are_those_of_the_samples(samples: list[Path], tmp_path: Path) -> None:
    written = draft(tmp_path / "tea", samples, timezone="Europe/Berlin")
    assert [path.name for path in written] == ["source.yaml", "order_items.sql", "events.sql", "products.sql"]
    assert yaml.safe_load(written[0].read_text(encoding="utf-8")) == {
        "title": "tea",
        "timezone": "Europe/Berlin",
        "derive": ["orders"],
        "files": {
            "orders": {
                "glob": ["orders-*.csv"],
                "delimiter": ";",
                "decimal": ",",
                "encodings": ["utf-8", "windows-1252"],
                "load": "append",
                "records": "order_items",
                "columns": {
                    "Order No": {},
                    "Created at": {"type": "timestamp", "formats": ["yyyy-MM-dd HH:mm:ss Z"]},
                    "Lineitem sku": {},
                    "Lineitem quantity": {"type": "int"},
                    "Lineitem price": {"type": "decimal(18,4)"},
                    "Email": {},
                    "Ship Country": {},
                },
            },
            "events": {
                "glob": ["events.jsonl"],
                "format": "jsonl",
                "load": "append",
                "records": "events",
                "columns": {
                    "event": {},
                    "ts": {"type": "timestamp", "formats": ["epoch_ms"]},
                    "visitorId": {},
                    "item": {},
                },
            },
            "catalog": {
                "glob": ["catalog.json"],
                "format": "json",
                "load": "append",
                "records": "products",
                "columns": {"sku": {}, "title": {}, "prices": {"type": "struct<list_price:decimal(18,4)>"}},
            },
            "rates": {
                "glob": ["rates.csv"],
                "delimiter": "|",
                "load": "append",
                "columns": {"day": {"type": "date", "formats": ["yyyy-MM-dd"]}, "rate": {"type": "decimal(18,4)"}},
            },
            "stores": {
                "glob": ["stores.tsv"],
                "delimiter": "\t",
                "load": "append",
                "columns": {"store": {}, "opened": {"type": "date", "formats": ["yyyy-MM-dd"]}},
            },
        },
    }


@pytest.mark.usefixtures("interpreted")
def test_a_draft_has_no_problems_but_those_that_it_names(samples: list[Path], spark: SparkSession, tmp_path: Path) -> None:
    draft(tmp_path / "tea", samples, timezone="Europe/Berlin")
    assert problems_of(spark, tmp_path / "tea") == [
        "tea/source.yaml: files.rates: raw_rates is not read by any SELECT; remove it.",
        "tea/source.yaml: files.stores: raw_stores is not read by any SELECT; remove it.",
    ]


@pytest.mark.usefixtures("interpreted")
def test_a_required_column_without_a_value_is_a_problem_until_it_is_answered(spark: SparkSession, tmp_path: Path) -> None:
    events = put(tmp_path / "export", "log.csv", "event,user_id,time\nfoo,u1,now\nbar,u2,later\n")
    draft(tmp_path / "log", [events], timezone="UTC")
    problems = problems_of(spark, tmp_path / "log")
    assert {match[1] for problem in problems if (match := re.search(r"log/events\.sql: (\w+) is always null", problem))} == {
        "event_time",
        "event_date",
        "event_type",
    }


@pytest.mark.usefixtures("interpreted")
def test_what_a_draft_loads_is_what_the_samples_say(spark: SparkSession, lake_root: Path, tmp_path: Path) -> None:
    sample = put(tmp_path / "export", "orders-1.csv", ORDERS)
    draft(tmp_path / "sources" / "tea", [sample], timezone="Europe/Berlin")
    shop = Shop(spark, lake_root, "draft", sources=tmp_path / "sources")
    shop.put("tea", "orders", "orders-1.csv", ORDERS)
    shop.conform("tea")
    columns = ("order_id", "line_type", "product_id", "quantity", "amount", "country", "ordered_at", "order_date")
    assert [tuple(map(str, row)) for row in shop.rows("order_items", *columns)] == [
        ("1001", "sale", "T-1", "2", "2380.0000", "DE", "2024-03-01 09:22:33", "2024-03-01"),
        ("1001", "sale", "T-2", "1", "4.5000", "DE", "2024-03-01 09:22:33", "2024-03-01"),
        ("1002", "return", "T-1", "-1", "-1190.0000", "Österreich", "2024-03-02 22:30:00", "2024-03-02"),
    ]


def test_lines_inside_orders_become_records(tmp_path: Path) -> None:
    orders = [{"order_id": "1", "created_at": "2024-03-01", "items": [{"sku": "T-1", "qty": 2, "price": 5.0}]}]
    sample = put(tmp_path / "export", "orders.json", json.dumps(orders))
    draft(tmp_path / "tea", [sample], timezone="UTC")
    assert yaml.safe_load((tmp_path / "tea" / "source.yaml").read_text())["files"]["orders"]["unnest"] == {"line": "items"}
    select = (tmp_path / "tea" / "order_items.sql").read_text()
    assert "concat(order_id, '/', line_number) as order_item_id" in select
    assert "cast(line.qty * line.price as decimal(18, 4)) as amount" in select


def test_customers_come_from_the_file_in_which_none_repeats(tmp_path: Path) -> None:
    visits = put(tmp_path / "export", "visits.csv", "user_id,country,page\nu1,DE,a\nu1,DE,b\n")
    users = put(tmp_path / "export", "users.csv", "user_id,country,plan\nu1,DE,x\nu2,FR,y\n")
    draft(tmp_path / "tea", [visits, users], timezone="UTC")
    files = yaml.safe_load((tmp_path / "tea" / "source.yaml").read_text())["files"]
    assert {name: kind.get("records") for name, kind in files.items()} == {"visits": None, "users": "customers"}


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_with_a_byte_order_mark_is_read_as_landing_reads_it(encoding: str, tmp_path: Path) -> None:
    text = "\ufefforder_id\tsku\tqty\tprice\tcreated_at\r\n1\tGröße ☕\t2\t9.90\t2024-03-01 10:00:00\r\n"
    sample = put(tmp_path / "export", "orders.txt", text.encode(encoding))
    written = draft(tmp_path / "sources" / "tea", [sample], timezone="UTC")
    (kind,) = yaml.safe_load(written[0].read_text(encoding="utf-8"))["files"].values()
    assert kind["delimiter"] == "\t"
    assert list(kind["columns"]) == ["order_id", "sku", "qty", "price", "created_at"]
    source = load_source(tmp_path / "sources", "tea")
    validated = validate_file(source, sample, kind=None, day=date(2024, 3, 2), progress=lambda _: None)
    assert validated.notes == ()


LINES = [{"order_id": f"{n}", "sku": "T-1", "qty": n, "price": Decimal("9.90"), "at": datetime(2024, 3, n, 10)} for n in (1, 2)]


def workbook(*sheets: str) -> bytes:
    book, target = openpyxl.Workbook(), io.BytesIO()
    for name in sheets[1:]:
        book.create_sheet(name)
    book.worksheets[0].title = sheets[0]
    for row in (list(LINES[0]), *[list(line.values()) for line in LINES]):
        book.worksheets[0].append(row)
    book.save(target)
    return target.getvalue()


def parquet() -> bytes:
    target = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(LINES), target)
    return target.getvalue()


def avro() -> bytes:
    price = {"type": "bytes", "logicalType": "decimal", "precision": 18, "scale": 4}
    at = {"type": "long", "logicalType": "local-timestamp-micros"}
    types = {"order_id": "string", "sku": "string", "qty": "int", "price": price, "at": at}
    fields = [{"name": name, "type": form} for name, form in types.items()]
    target = io.BytesIO()
    fastavro.writer(target, {"type": "record", "name": "Line", "fields": fields}, LINES)
    return target.getvalue()


def zipped(name: str, content: bytes) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr(name, content)
    return target.getvalue()


TEXT = b"order_id,sku,qty,price,at\n1,T-1,1,9.90,2024-03-01 10:00:00\n2,T-1,2,9.90,2024-03-02 10:00:00\n"
WRITTEN = {"formats": ["yyyy-MM-dd HH:mm:ss"]}


@pytest.mark.parametrize(
    ("name", "content", "settings", "time"),
    [
        ("lines.csv.zst", pa.compress(TEXT, "zstd", asbytes=True), {"glob": ["lines.csv"]}, WRITTEN),
        ("lines-1.CSV.BZ2", bz2.compress(TEXT), {"glob": ["lines-*.CSV"]}, WRITTEN),
        ("lines.csv.xz", lzma.compress(TEXT), {"glob": ["lines.csv"]}, WRITTEN),
        ("lines.zip", zipped("may/lines.csv", TEXT), {"glob": ["lines.zip"]}, WRITTEN),
        ("lines.xlsx", workbook("Lines"), {"glob": ["lines.xlsx"], "format": "xlsx"}, {}),
        ("lines.xlsx", workbook("Lines", "Notes"), {"glob": ["lines.xlsx"], "format": "xlsx", "sheet": "Lines"}, {}),
        ("lines-1.parquet", parquet(), {"glob": ["lines-*.parquet"], "format": "parquet"}, {}),
        ("lines.avro.gz", gzip.compress(avro()), {"glob": ["lines.avro"], "format": "avro"}, {}),
        ("lines.zip", zipped("a.parquet", parquet()), {"glob": ["lines.zip"], "format": "parquet"}, {}),
    ],
)
def test_a_draft_from_any_format_accepts_its_sample(
    name: str, content: bytes, settings: dict[str, object], time: dict[str, object], tmp_path: Path
) -> None:
    sample = put(tmp_path / "export", name, content)
    written = draft(tmp_path / "sources" / "tea", [sample], timezone="Europe/Berlin")
    assert [path.name for path in written] == ["source.yaml", "order_items.sql"]
    (kind,) = yaml.safe_load(written[0].read_text(encoding="utf-8"))["files"].values()
    columns = {"order_id": {}, "sku": {}, "qty": {"type": "int"}, "price": {"type": "decimal(18,4)"}}
    assert kind.pop("columns") == {**columns, "at": {"type": "timestamp", **time}}
    assert kind == {**settings, "load": "append", "records": "order_items"}
    source = load_source(tmp_path / "sources", "tea")
    assert validate_file(source, sample, kind=None, day=date(2024, 3, 2), progress=lambda _: None).notes == ()


def test_hostile_names_stay_text(tmp_path: Path) -> None:
    sample = put(tmp_path / "export", "a b'c.csv", 'we`ird,"x: {y}","#1","a, b"\n1,2,3,4\n5,6,7,8\n')
    draft(tmp_path / "tea", [sample], timezone="UTC")
    (kind,) = yaml.safe_load((tmp_path / "tea" / "source.yaml").read_text())["files"].values()
    assert list(kind["columns"]) == ["we`ird", "x: {y}", "#1", "a, b"]
    assert kind["glob"] == ["a b'c.csv"]


@pytest.mark.parametrize(
    ("name", "content", "options", "sentence"),
    [
        ("tea", b"", [], r".*a\.csv: the file is empty; .*"),
        ("tea", b"a\0b", [], r".*a\.csv: contains zero bytes, .*"),
        ("tea", "a,b\n1,2\n".encode("utf-16-le"), [], r".*a\.csv: contains zero bytes, .*without a byte order mark; .*"),
        ("Tea-Shop", b"a,b\n1,2\n", [], r"Tea-Shop: a source's name .*lower_snake_case.*"),
        ("tea", b"a,b\n1,2\n", ["--timezone", "Berlin"], r"--timezone Berlin: is not a time zone; .*"),
        ("tea", None, [], r".*a\.csv: there is no such file; check the path\."),
    ],
)
def test_bad_input_is_one_sentence_and_writes_nothing(
    name: str, content: bytes | None, options: list[str], sentence: str, tmp_path: Path
) -> None:
    if content is not None:
        put(tmp_path, "a.csv", content)
    arguments = ["source", "new", name, str(tmp_path / "a.csv"), "--to", str(tmp_path / "sources"), *options]
    done = CliRunner().invoke(app, arguments)
    assert re.fullmatch(sentence, done.output.strip()), done.output
    assert done.exit_code != 0
    assert not (tmp_path / "sources").exists()


def test_an_existing_folder_is_left_alone(tmp_path: Path) -> None:
    put(tmp_path / "tea", "source.yaml", "title: mine\n")
    sample = put(tmp_path, "a.csv", "a,b\n1,2\n")
    done = CliRunner().invoke(app, ["source", "new", "tea", str(sample), "--to", str(tmp_path)])
    assert "exists already" in done.output
    assert (tmp_path / "tea" / "source.yaml").read_text() == "title: mine\n"
