"""Values as exporters write them: typed, in quarantine with the name of the field, or counted in a warning."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import yaml
from pyspark.sql import SparkSession

from contracts.errors import SourceError
from glue_jobs.lib.conform.conform_source import ConformResult
from tests.support.shops import Shop

pytestmark = pytest.mark.usefixtures("interpreted")

SELECT = """
select _record, {id} as product_id, {name} as product_name, cast(null as string) as category_id, cast(null as string) as category,
  cast(null as string) as brand, {price} as list_price, cast(null as decimal(18, 4)) as unit_cost, {stock} as stock,
  {time} as observed_at
from raw_{kind}
"""
CSV = {"id": {}, "price": {"type": "decimal(18,4)"}, "stock": {"type": "bigint"}}
SECONDS = 1_714_557_600


def shop(spark: SparkSession, root: Path, name: str, kinds: dict[str, tuple[dict[str, object], dict[str, str]]]) -> Shop:
    """A shop whose kinds, each declared and with parts of its SELECT, all fill products."""
    folder = root / "values" / name / "t"
    folder.mkdir(parents=True)
    files = {kind: {"glob": [f"{kind}*"], "records": "products", **declared} for kind, (declared, _) in kinds.items()}
    (folder / "source.yaml").write_text(yaml.safe_dump({"title": "values", "files": files}))
    plain = {
        "id": "id",
        "name": "cast(null as string)",
        "price": "price",
        "stock": "stock",
        "time": "cast(_ingest_date as timestamp)",
    }
    selects = [SELECT.format(kind=kind, **{**plain, **parts}) for kind, (_, parts) in kinds.items()]
    (folder / "products.sql").write_text("union all".join(selects))
    return Shop(spark, root, name, sources=folder.parent)


def warnings(result: ConformResult, kind: str) -> dict[str, int]:
    return dict(next(one for one in result.accounts if one.table == f"raw_{kind}").warnings_by_rule)


def test_numbers_and_times_are_exact_counted_or_in_quarantine(spark: SparkSession, lake_root: Path) -> None:
    # GIVEN decimals, destroyed ids, epochs in three units, and JSON with numbers in strings
    none = {"price": "cast(null as decimal(18, 4))", "stock": "cast(null as bigint)"}
    time = {"id": {}, "ts": {"type": "timestamp", "formats": ["epoch_ms"]}}
    nested = {"id": {}, "at": {"type": "array<struct<v:struct<n:bigint,p:decimal(18,4),int:string>>>"}}
    deep = {"name": "at[0].v.int", "price": "at[0].v.p", "stock": "at[0].v.n"}
    lake = shop(
        spark,
        lake_root,
        "values",
        {
            "plain": ({"columns": CSV}, {}),
            "epochs": ({"columns": time}, {**none, "time": "ts"}),
            "nested": ({"columns": nested, "format": "jsonl"}, deep),
            "flat": ({"columns": CSV, "format": "jsonl"}, {}),
            "coded": ({"columns": CSV, "encodings": ["windows-1252"]}, {}),
        },
    )
    lake.put(
        "t", "plain", "plain.csv", ["id,price,stock", "a,12.345678,1", "b,12.34560000,2.0", "5.31E+11,1,3", "c,x,4", "l,1,2.5"]
    )
    micros = f"f,{SECONDS}000000"
    lake.put("t", "epochs", "epochs.csv", ["id,ts", f"d,{SECONDS}000", f"e,{SECONDS}", micros, "g,0"])
    numbers = ['{"id": "h", "at": [{"v": {"n": "7", "p": "9.90", "int": "0042"}}]}', '{"id": "i", "at": [{"v": {"n": "many"}}]}']
    numbers += ['{"id": "m", "at": [{"v": {"n": 3.0, "p": 9.90, "int": 3.0}}]}', '{"id": "n", "at": [{"v": {"n": 3.5}}]}']
    lake.put("t", "nested", "nested.json", numbers)
    lake.put(
        "t", "flat", "flat.json", ['{"id": "j", "price": 0.12345, "stock": 1.0}', '{"id": "k", "price": "2.5000", "stock": 2}']
    )
    lake.put("t", "coded", "coded.csv", ["id,price,stock", "größe,1,1"])
    # WHEN
    result = lake.conform("t")
    # THEN
    assert lake.rows("products", "product_id", "product_name", "list_price", "stock", "observed_at") == [
        ("5.31E+11", None, "1.0000", 3, "2026-01-01 00:00:00"),
        ("a", None, "12.3457", 1, "2026-01-01 00:00:00"),
        ("b", None, "12.3456", 2, "2026-01-01 00:00:00"),
        ("d", None, None, None, "2024-05-01 10:00:00"),
        ("grÃ¶ÃŸe", None, "1.0000", 1, "2026-01-01 00:00:00"),
        ("h", "0042", "9.9000", 7, "2026-01-01 00:00:00"),
        ("j", None, "0.1235", 1, "2026-01-01 00:00:00"),
        ("k", None, "2.5000", 2, "2026-01-01 00:00:00"),
        ("m", "3.0", "9.9000", 3, "2026-01-01 00:00:00"),
    ]
    assert dict(lake.rows("quarantine", "raw_text", "rules")) == {
        "c,x,4": ["price_not_decimal"],
        "l,1,2.5": ["stock_not_bigint"],
        f"e,{SECONDS}": ["ts_not_timestamp"],
        micros: ["ts_not_timestamp"],
        "g,0": ["ts_not_timestamp"],
        '{"id": "i", "at": [{"v": {"n": "many"}}]}': ["at.v.n_not_bigint"],
        '{"id": "n", "at": [{"v": {"n": 3.5}}]}': ["at.v.n_not_bigint"],
    }
    assert warnings(result, "plain") == {"price_rounded": 1, "id_scientific": 1}
    assert warnings(result, "flat") == {"price_rounded": 1}
    assert warnings(result, "coded") == {"utf8_against_declaration": 1}
    assert any("plain.id: 1 values are written as 5.31E+11, as Excel does" in notice for notice in result.notices)


@pytest.mark.parametrize("layout", ["csv", pytest.param("jsonl", marks=pytest.mark.full)])
def test_dates_that_fit_only_the_other_order_stop_the_run(spark: SparkSession, lake_root: Path, layout: str) -> None:
    columns = {"id": {}, "ts": {"type": "timestamp", "formats": ["M/d/yyyy H:mm"]}}
    none = {"price": "cast(null as decimal(18, 4))", "stock": "cast(null as bigint)", "time": "ts"}
    lake = shop(spark, lake_root, f"dates_{layout}", {"dated": ({"columns": columns, "format": layout}, none)})
    times = {"a": "8/12/2009 7:42", "b": "14/12/2009 7:42", "c": "12/14/2009 7:42"}
    csv = ["id,ts", *[",".join(pair) for pair in times.items()]]
    lake.put(
        "t", "dated", "dated", csv if layout == "csv" else [f'{{"id": "{name}", "ts": "{ts}"}}' for name, ts in times.items()]
    )
    with pytest.raises(SourceError, match=r"files\.dated\.columns\.ts: 1 values fit 'd/M/yyyy H:mm' and none of the declared"):
        lake.conform("t")
    assert lake.rows("products") == []


def test_a_later_delivery_wins_and_the_conflict_is_counted(spark: SparkSession, lake_root: Path) -> None:
    # GIVEN two exports, a week apart, of the same products with the same time, in one of which the prices differ
    time = {"time": "timestamp '2024-05-01 00:00:00'"}
    lake = shop(spark, lake_root, "conflicts", {"plain": ({"columns": CSV}, time)})
    lake.put("t", "plain", "z.csv", ["id,price,stock", "a,1,1", "b,1,1", "c,1,1", "d,1,1"])
    lake.put("t", "plain", "a.csv", ["id,price,stock", "a,2,1", "b,2,1", "c,2,1", "d,1,1"], day="2026-01-08")
    # AND two of one day that landed within a millisecond of each other
    numbers = range(8)
    for name, price, moment in (("y.csv", 1, 1_000_000), ("x.csv", 2, 2_000_000)):
        path = lake.put("t", "plain", name, ["id,price,stock", *[f"m{number},{price},1" for number in numbers]])
        os.utime(path, ns=(10**18 + moment, 10**18 + moment))
    result = lake.conform("t")
    assert lake.rows("products", "product_id", "list_price") == [
        ("a", "2.0000"),
        ("b", "2.0000"),
        ("c", "2.0000"),
        ("d", "1.0000"),
        *[(f"m{number}", "2.0000") for number in numbers],
    ]
    account = next(one for one in result.accounts if one.table == "products")
    assert (account.deduplicated, dict(account.warnings_by_rule)) == (12, {"same_key_other_content": 11})
