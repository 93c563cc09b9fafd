"""Features of one source as of any day, by the SELECTs of the Glue job `features`, run on DuckDB."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from types import TracebackType

import duckdb
import pandas as pd
import sqlglot

from contracts import Contract, load
from contracts.errors import UsageError
from glue_jobs.algorithms.feature_selects import SNAPSHOT_DAYS, STEP_DAYS, feature_select
from offline.athena import limit_memory
from offline.athena.paths import path_literal

FACTS = ("fct_order_items", "fct_sessions", "dim_product")


class FeatureTables:
    """The facts of a source up to the end of the day `as_of` (default: all), and features computed from them.

    `replaced` are frames that stand in for facts of the lake, by table. UsageError if the source has no order lines.
    """

    def __init__(
        self, curated: Path, source: str, *, as_of: date | None = None, replaced: dict[str, pd.DataFrame] | None = None
    ) -> None:
        self.connection = duckdb.connect(":memory:", config={"autoinstall_known_extensions": "false"})
        # One thread, so that sums of floating point numbers have the same last digit in every run.
        self.connection.execute("set timezone = 'UTC'; set threads = 1")
        limit_memory(self.connection)
        for name in FACTS:
            self._create(load(name))
            if replaced and name in replaced:
                self.connection.register("replaced", replaced[name])
                self.connection.execute(f"insert into {name} by name from replaced")
            else:
                self._load(name, curated / name / f"source={source}")
        if as_of:
            self._forget_after(as_of)
        self._require_lines(source, as_of)

    def __enter__(self) -> FeatureTables:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.connection.close()

    @property
    def last_day(self) -> date:
        """The day of the last sale of a product."""
        sale = "item_kind = 'product' and line_type = 'sale'"
        (day,) = self.connection.execute(f"select max(order_date) from fct_order_items where {sale}").fetchall()[0]
        return date.fromisoformat(str(day))

    def facts(self, name: str) -> pd.DataFrame:
        """A table of FACTS."""
        return self.connection.execute(f"select * from {name} order by all").df()

    def frame(self, name: str, *, as_of: date | None = None, snapshots: int = 1) -> pd.DataFrame:
        """A table of features, in the order of its key; customers as of `as_of` (default: the last sale) and days before it."""
        days = f"select cast($1 as date) as as_of, cast(range * {STEP_DAYS} as integer) as days_before from range($2)"
        self.connection.execute(f"create or replace temporary table requested as {days}", [as_of, snapshots])
        if "snapshots" in feature_select(name):
            self.connection.execute(f"create or replace temporary table {SNAPSHOT_DAYS} as {_translated(SNAPSHOT_DAYS)}")
        order = ", ".join(load(name).key)
        return self.connection.execute(f"select * from ({_translated(name)}) order by {order}").df()

    def labels(self, *, as_of: date, horizon_days: int) -> pd.DataFrame:
        """churn_labels of one day with a horizon of the caller; no rows while the horizon is not over."""
        day = "select cast($1 as date) as as_of, cast($2 as int) as horizon_days"
        self.connection.execute(f"create or replace temporary table {SNAPSHOT_DAYS} as {day}", [as_of, horizon_days])
        return self.connection.execute(f"select * from ({_translated('churn_labels')}) order by customer_id").df()

    def _create(self, contract: Contract) -> None:
        columns = ", ".join(f'"{column.name}" {_type(column.physical_type)}' for column in contract.columns)
        self.connection.execute(f"create table {contract.name} ({columns})")

    def _load(self, name: str, folder: Path) -> None:
        if any(folder.rglob("*.parquet")):
            files = f"read_parquet({path_literal(folder / '**/*.parquet')}, hive_partitioning = false, union_by_name = true)"
            self.connection.execute(f"insert into {name} by name from {files}")

    def _require_lines(self, source: str, as_of: date | None) -> None:
        if not self.connection.execute("select count(*) from fct_order_items where line_type = 'sale'").fetchall()[0][0]:
            until = f" until {as_of}" if as_of else ""
            remedy = "choose a later day" if as_of else f"run `shoplake run --source {source}` first"
            raise UsageError(f"{source}: there are no order lines{until} to learn from; {remedy}.")

    def _forget_after(self, day: date) -> None:
        self.connection.execute("delete from fct_order_items where order_date > ?", [day])
        self.connection.execute("delete from fct_sessions where cast(ended_at as date) > ?", [day])


def _translated(name: str) -> str:
    return sqlglot.transpile(feature_select(name), read="spark", write="duckdb")[0]


def _type(physical: str) -> str:
    return "timestamptz" if physical == "timestamp" else physical
