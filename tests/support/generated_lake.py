"""The tables of a generated shop that analyses read, written by DuckDB instead of the jobs: faster, and by another engine."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import duckdb

from offline.generator import Truth, generate

TABLES = {
    "processed/events": """
        select event_id, event_time::timestamptz as event_time, event_time::date as event_date, event_type, product_id,
            price::decimal(18, 4) as price, user_id, session_id
        from read_csv('{raw}/events-*.csv')""",
    "curated/fct_order_items": """
        select order_id, line_type, 'product' as item_kind, product_id, quantity::int as quantity, customer_id,
            unit_price::decimal(18, 4) as unit_price, ordered_at::timestamptz as ordered_at, ordered_at::date as order_date,
            (quantity * unit_price)::decimal(18, 4) as net_amount
        from read_csv('{raw}/order_lines-*.csv')""",
    "curated/dim_product": """
        select product_id, arg_max(category, updated_at) as category, arg_max(category_id, updated_at)::varchar as category_id,
            arg_max(list_price, updated_at)::decimal(18, 4) as list_price
        from read_csv('{raw}/products-*.csv') group by all""",
    "curated/fct_sessions": """
        select session_id, any_value(user_id) as user_id,
            datesub('second', min(event_time::timestamptz), max(event_time::timestamptz)) as duration_seconds
        from read_csv('{raw}/events-*.csv') group by session_id""",
    # The calendar's last day ends what analyses read.
    "curated/dim_date": """
        select event_time::date as date from read_csv('{raw}/events-*.csv')
        union select ordered_at::date from read_csv('{raw}/order_lines-*.csv')""",
    # Analyses require a successful run of the source.
    "processed/etl_runs": """
        select '1' as run_id, 'conform' as job, 'events' as table_name, 'succeeded' as status, '' as fingerprint""",
}


@dataclass(frozen=True)
class GeneratedLake:
    """Source `shop` in folder `name` of the session's buckets; `raw` has the generator's files."""

    root: Path
    name: str
    raw: Path
    truth: Truth

    def arguments(self, *more: str) -> list[str]:
        zones = [f"--{zone}=s3://shoplake-{zone}/{self.name}" for zone in ("raw", "processed", "curated")]
        return [*zones, "--source", "shop", *more]

    def query(self, sql: str) -> duckdb.DuckDBPyRelation:
        """Query curated tables as {table}, and the ground truth about users as {users}."""
        curated = self.root / "s3/shoplake-curated" / self.name
        folders = {path.name: f"read_parquet('{path}/**/*.parquet', hive_partitioning = false)" for path in curated.iterdir()}
        return duckdb.sql(sql.format(**folders, users=f"read_csv('{self.raw}/truth_users.csv')"))


def generated_lake(root: Path, name: str, raw: Path, *, days: int, users: int, events_per_day: int, seed: int) -> GeneratedLake:
    """Generate a shop without bad rows and write the tables."""
    truth = generate(raw, days=days, users=users, events_per_day=events_per_day, seed=seed, bad_rows=False)
    for table, query in TABLES.items():
        zone, file = table.split("/")[0], f"{table.split('/')[1]}/source=shop"
        place = root / "s3" / f"shoplake-{zone}" / name / file
        if table in ("processed/events", "curated/fct_order_items", "curated/fct_sessions", "processed/etl_runs"):
            place = place / "period=2025-01"
        place.mkdir(parents=True)
        with duckdb.connect() as connection:
            connection.execute("set timezone = 'UTC'")
            connection.execute(f"copy ({query.format(raw=raw)}) to '{place}/part-0.parquet'")
    return GeneratedLake(root, name, raw, truth)
