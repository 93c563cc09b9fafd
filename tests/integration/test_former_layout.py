"""Lakes whose files were written under earlier contracts: the next run converts, rebuilds and says so."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import duckdb
import pytest
from pyspark.sql import SparkSession

from contracts import Contract, load, loader
from glue_jobs import profiling
from tests.support.shops import REES46_HEADER, Shop, event

pytestmark = pytest.mark.usefixtures("interpreted")

VIEW = event("2019-10-07 10:00:00", "view", "p1")
BAD = event("2019-10-07 10:02:00", "teleport", "p1")
OCTOBER = [REES46_HEADER, VIEW, VIEW, event("2019-10-07 10:01:00", "purchase", "p1"), BAD, ""]
NOVEMBER = [REES46_HEADER, event("2019-11-05 09:00:00", "view", "p2", session="s2")]
# etl_runs as version 1.0.0 of its contract had it: other names of three columns, no versions of contracts.
FORMER_RUNS = """
    * exclude (rows_deduplicated, rows_filtered, filtered_by_rule, versions, fingerprint),
    rows_deduplicated as rows_duplicate, rows_filtered as rows_left_out, filtered_by_rule as left_out_by_rule,
    map {'spark': '3.5.6'} as versions, 'former' as fingerprint"""
COUNTS = ("run_id", "table_name", "rows_read", "rows_processed", "rows_deduplicated", "rows_filtered", "filtered_by_rule")
CHANGED_RUNS = (
    "The contracts of etl_files (1.0.0 to 2.0.0), etl_runs (1.0.0 to 2.5.0), quarantine (1.0.0 to 1.1.0), events "
    "(1.0.0 to 1.1.0), order_items (1.0.0 to 1.2.0), orders (1.0.0 to 1.1.0) changed; rebuilding everything from raw."
)


def versions(**former: str) -> str:
    """The versions of contracts that a run of today records, with some as they were."""
    tables = ("etl_files", "etl_runs", "quarantine", "events", "order_items", "orders")
    return repr({table: load(table).version for table in tables} | former).replace("{", "map {", 1)


@pytest.fixture
def shop(spark: SparkSession, lake_root: Path) -> Shop:
    """October: two events, a repetition, a rejected row and a blank line."""
    shop = Shop(spark, lake_root, "former", only_marts=("fct_sessions", "funnel_daily"))
    shop.put("rees46", "events", "a.csv", OCTOBER)
    shop.conform("rees46")
    return shop


def rewrite(shop: Shop, table: str, columns: str, *, bucket: str = "processed") -> None:
    """Write every file of a table again with other columns, as another release would have written it."""
    files = list((shop.folder(bucket) / table).rglob("*.parquet"))
    assert files
    for file in files:
        former = file.with_name(f"former-{file.name}")
        duckdb.sql(f"copy (select {columns} from read_parquet('{file}', hive_partitioning = false)) to '{former}'")
        former.replace(file)


def columns_of(shop: Shop, table: str, *, bucket: str = "processed") -> set[frozenset[str]]:
    """The sets of column names that the files of a table have."""
    files = (shop.folder(bucket) / table).rglob("*.parquet")
    return {frozenset(duckdb.read_parquet(str(file), hive_partitioning=False).columns) for file in files}


def data_columns(table: str) -> frozenset[str]:
    return frozenset(column.name for column in load(table).data_columns)


def test_run_history_of_an_earlier_contract_is_converted_and_everything_is_rebuilt(shop: Shop) -> None:
    # GIVEN a lake whose etl_runs has the names of 1.0.0
    before = shop.rows("etl_runs", *COUNTS)
    rewrite(shop, "etl_runs", FORMER_RUNS)
    rewrite(shop, "etl_files", "* replace ('former' as fingerprint)")
    # WHEN a file arrives and the job runs
    shop.put("rees46", "events", "b.csv", NOVEMBER, day="2026-01-02")
    outcome = shop.conform("rees46")
    # THEN it says so, reads all files, and no row of a table, of quarantine or of the run history is lost or doubled
    assert outcome.notices == (CHANGED_RUNS,)
    assert next(account.read for account in outcome.accounts if account.table == "raw_events") == 6
    assert shop.rows("events", "event_time", "product_id") == [
        ("2019-10-07 10:00:00", "p1"),
        ("2019-10-07 10:01:00", "p1"),
        ("2019-11-05 09:00:00", "p2"),
    ]
    assert shop.rows("quarantine", "raw_text") == [(BAD,)]
    assert [row for row in shop.rows("etl_runs", *COUNTS) if row[0] != outcome.run_id] == before
    assert {row[4:] for row in before if row[1] in ("events", "raw_events")} == {(1, 0, "{}"), (0, 1, "{'blank_line': 1}")}
    assert columns_of(shop, "etl_runs") == {data_columns("etl_runs")}
    # THEN the run after that has nothing to do and nothing to say
    again = shop.conform("rees46")
    assert (again.accounts, again.notices) == ((), ())


@pytest.mark.full
def test_a_rebuild_that_fails_is_repeated_by_the_next_run(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    # GIVEN a lake of the earlier contract, and a run that dies after it converted the run history
    rewrite(shop, "etl_runs", FORMER_RUNS)
    rewrite(shop, "etl_files", "* replace ('former' as fingerprint)")
    with monkeypatch.context() as patched:
        patched.setattr("glue_jobs.lib.conform.conform_source.publish", lambda _: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            shop.conform("rees46")
    # WHEN
    outcome = shop.conform("rees46")
    # THEN
    assert outcome.notices == (CHANGED_RUNS,)
    assert len(shop.rows("events")) == 2
    assert sorted({row[0] for row in shop.rows("etl_runs", "status")}) == ["failed", "succeeded"]


@pytest.mark.full
def test_the_list_of_raw_files_may_have_another_type_a_column_less_and_one_more(shop: Shop) -> None:
    before = shop.rows("etl_files", "source_file", "sha256", "bytes", "status")
    rewrite(shop, "etl_files", "* exclude (reason, bytes, fingerprint), bytes::int as bytes, 'former' as fingerprint, 1 as pages")
    outcome = shop.conform("rees46")
    assert outcome.notices == ("The source folder or a contract changed; rebuilding everything from raw.",)
    assert columns_of(shop, "etl_files") == {data_columns("etl_files")}
    # The file's row of the earlier run, and that of the rebuild.
    assert shop.rows("etl_files", "source_file", "sha256", "bytes", "status") == before * 2


@pytest.mark.full
def test_the_list_of_raw_files_of_1_0_0_has_no_headers_and_no_times(shop: Shop) -> None:
    rewrite(shop, "etl_files", "* exclude (modified_at, etag, header) replace ('former' as fingerprint)")
    shop.conform("rees46")
    assert columns_of(shop, "etl_files") == {data_columns("etl_files")}
    assert sorted(bool(header) for (header,) in shop.rows("etl_files", "header")) == [False, True]
    assert shop.conform("rees46").accounts == ()


@pytest.mark.full
def test_a_row_without_a_column_that_is_required_today_makes_its_file_new(shop: Shop) -> None:
    rewrite(shop, "etl_files", "* exclude (sha256)")
    outcome = shop.conform("rees46")
    assert next(account.read for account in outcome.accounts if account.table == "raw_events") == 5
    assert len(shop.rows("events")) == 2
    assert shop.rows("quarantine", "raw_text") == [(BAD,)]


@pytest.mark.full
def test_quarantine_of_an_earlier_contract_is_rebuilt(shop: Shop) -> None:
    rewrite(shop, "quarantine", "* exclude (raw_text), raw_text as text")
    rewrite(shop, "etl_files", "* replace ('former' as fingerprint)")
    rewrite(
        shop,
        "etl_runs",
        f"* replace ({versions(quarantine='0.9.0')} as versions)",
    )
    outcome = shop.conform("rees46")
    assert outcome.notices == (
        f"The contract of quarantine changed from 0.9.0 to {load('quarantine').version}; rebuilding everything from raw.",
    )
    assert shop.rows("quarantine", "raw_text") == [(BAD,)]
    assert columns_of(shop, "quarantine") == {data_columns("quarantine")}


@pytest.mark.full
def test_marts_of_an_earlier_contract_are_rebuilt_whole(shop: Shop) -> None:
    # GIVEN marts of October and November, one of them rebuilt by period, with the columns of 1.0.0
    shop.put("rees46", "events", "b.csv", NOVEMBER, day="2026-01-02")
    shop.conform("rees46")
    shop.build("rees46")
    before = {mart: shop.rows(mart) for mart in shop.only_marts}
    former = "* exclude (reached_view, reached_cart, reached_purchase), reached_view as viewed, reached_cart as carted"
    for mart in shop.only_marts:
        rewrite(shop, mart, f"{former}, reached_purchase as bought", bucket="curated")
    rewrite(shop, "etl_runs", "* replace (map {'etl_runs': '2.1.0'} as versions, 'former' as fingerprint)")
    # WHEN
    outcome = shop.build("rees46")
    # THEN
    assert outcome.notices == (
        "The contracts of fct_sessions (1.0.0 to 2.1.0), funnel_daily (1.0.0 to 2.0.0) changed; rebuilding from processed.",
    )
    assert {mart: shop.rows(mart) for mart in shop.only_marts} == before
    assert all(before.values())
    for mart in shop.only_marts:
        assert columns_of(shop, mart, bucket="curated") == {data_columns(mart)}


@pytest.mark.full
def test_profiles_of_earlier_runs_keep_their_figures_under_the_new_names(shop: Shop) -> None:
    # GIVEN the profile of a run, with the names of 1.0.0
    profiling.main(shop.arguments("--source", "rees46"))
    figures = ("column_name", "non_null_rows", "values_occurring_once", "min_value", "max_value", "stddev", "anomaly_counts")
    before = shop.rows("column_profile", *figures)
    former = {
        "filled": "non_null_rows",
        "single_values": "values_occurring_once",
        "lowest": "min_value",
        "highest": "max_value",
        "deviation": "stddev",
        "histogram_upto": "histogram_upper_bounds",
        "suspicious": "anomaly_counts",
    }
    renamed = ", ".join(f"{now} as {then}" for then, now in former.items())
    rewrite(shop, "column_profile", f"* exclude ({', '.join(former.values())}), {renamed}", bucket="curated")
    rewrite(shop, "etl_runs", "* replace ('former' as fingerprint)")
    # WHEN the profile is made again
    profiling.main(shop.arguments("--source", "rees46"))
    # THEN both runs are there, and the data being the same, with the same figures
    assert shop.rows("column_profile", *figures) == sorted(before * 2, key=repr)
    assert any(row[1] for row in before)
    assert columns_of(shop, "column_profile", bucket="curated") == {data_columns("column_profile")}


@pytest.mark.full
def test_a_lake_by_month_becomes_a_lake_by_day_at_its_next_run(shop: Shop) -> None:
    # GIVEN a lake by month
    shop.build("rees46")
    profiling.main(shop.arguments("--source", "rees46"))
    before = {table: shop.rows(table, "period") for table in ("events", "quarantine", "etl_runs", "fct_sessions")}
    # WHEN it is run by day
    shop.grain = "day"
    outcome = shop.conform("rees46")
    shop.build("rees46")
    # THEN every table is partitioned by day and no row is missing
    assert outcome.notices == ("The source folder or a contract changed; rebuilding everything from raw.",)
    after = {table: shop.rows(table, "period") for table in before}
    assert {len(period) for rows in after.values() for (period,) in rows} == {len("2019-10-01")}
    for table in ("events", "quarantine", "fct_sessions"):
        assert len(after[table]) == len(before[table])
    assert len(after["etl_runs"]) > len(before["etl_runs"])


@pytest.mark.full
def test_a_column_that_an_earlier_contract_did_not_have_is_filled_from_raw(shop: Shop) -> None:
    before = shop.rows("events")
    rewrite(shop, "events", "* exclude (brand)")
    rewrite(shop, "etl_files", "* replace ('former' as fingerprint)")
    rewrite(shop, "etl_runs", f"* replace ({versions(events='0.9.0')} as versions)")
    outcome = shop.conform("rees46")
    assert outcome.notices == (
        f"The contract of events changed from 0.9.0 to {load('events').version}; rebuilding everything from raw.",
    )
    assert shop.rows("events") == before
    assert {row[0] for row in shop.rows("events", "brand")} == {"acme"}
    assert all(columns >= data_columns("events") for columns in columns_of(shop, "events"))


@pytest.mark.full
def test_rows_with_a_value_that_the_contract_no_longer_allows_go_to_quarantine(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    # GIVEN a lake with a purchase
    assert shop.rows("events", "event_type") == [("purchase",), ("view",)]
    # WHEN the next version of the contract knows no purchases
    read = loader._read
    kinds = ("view", "cart", "remove_from_cart", "page")

    def narrowed(name: str) -> Contract:
        contract = read(name)
        if name != "events":
            return contract
        columns = [replace(one, enum=kinds) if one.name == "event_type" else one for one in contract.columns]
        return replace(contract, version="3.0.0", columns=tuple(columns))

    monkeypatch.setattr(loader, "_read", narrowed)
    outcome = shop.conform("rees46")
    # THEN
    assert outcome.notices == (
        f"The contract of events changed from {read('events').version} to 3.0.0; rebuilding everything from raw.",
    )
    assert shop.rows("events", "event_type") == [("view",)]
    assert shop.rows("order_items") == []
    purchase = event("2019-10-07 10:01:00", "purchase", "p1")
    assert shop.rows("quarantine", "raw_text", "rules") == [(purchase, ["event_type_enum"]), (BAD, ["event_type_enum"])]


@pytest.mark.full
def test_the_folder_of_a_table_that_was_renamed_or_removed_is_named(shop: Shop) -> None:
    # GIVEN tables that no contract or source has any more, one of them of another shop
    shop.build("rees46")
    for bucket, folder in (
        ("processed", "order_lines/source=rees46/period=2019-10"),
        ("processed", "returns/source=other/period=2019-10"),
        ("processed", "inventory/source=rees46/period=2019-10"),
        ("curated", "funnel_weekly/source=rees46"),
    ):
        place = shop.folder(bucket) / folder
        place.mkdir(parents=True)
        (place / "part-00000.parquet").write_bytes(b"")
    # WHEN
    outcome = shop.conform("rees46")
    built = shop.build("rees46")
    # THEN
    ending = "no run writes this table any more, and its rows are still there; delete the folder if nothing needs it."
    assert outcome.notices == tuple(
        f"s3://shoplake-processed/former/{table}/source=rees46: {ending}" for table in ("inventory", "order_lines")
    )
    assert built.notices == (f"s3://shoplake-curated/former/funnel_weekly/source=rees46: {ending}",)
