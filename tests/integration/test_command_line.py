"""`shoplake` as a user types it, in a process and a Spark of its own: bad files in raw, a huge line, nothing new, replay."""

from __future__ import annotations

import gzip
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from typer.testing import CliRunner

from offline.cli.app import app
from offline.lake.local_lake import LocalLake
from offline.models.jobs import registry, train
from offline.models.registry import APPROVED
from tests.unit.offline.models.feature_worlds import buying_customers, lake_of

pytestmark = pytest.mark.command

COMMAND = [sys.executable, "-c", "from offline.cli.app import main; main()"]
ROOT = Path(__file__).parents[2]
HEADER = "event_time,event_type,product_id,category_id,category_code,brand,price,user_id,user_session"
VIEW = "2019-10-01 10:00:0{} UTC,view,p1,c1,tools,acme,10.00,u1,s1"
GOOD = "\n".join([HEADER, *map(VIEW.format, range(5))]).encode() + b"\n"


def with_huge_line(characters: int) -> bytes:
    return "\n".join([HEADER, "x" * characters, VIEW.format(7), ""]).encode()


def cut() -> bytes:
    """Whole for its first megabytes, so that only reading to the end shows what it is."""
    return gzip.compress(GOOD + b"".join(f"{VIEW.format(1)}{os.urandom(9).hex()}\n".encode() for _ in range(40_000)))[:-99]


# Put into raw by plain copy, past the checks of `land`; what the run must say of each.
REFUSED = {
    "renamed.csv": (GOOD.replace(b"user_session", b"visit"), "renamed.csv: the header lacks user_session"),
    "empty.csv": (b"", "empty.csv: the file is empty"),
    "junk.csv": (bytes(range(256)), "junk.csv: contains zero bytes, so it is binary"),
    "wide.csv": (GOOD.decode().encode("utf-16-le"), "wide.csv: contains zero bytes, so it is binary or UTF-16"),
    "none.csv.gz": (GOOD + GOOD, "none.csv.gz: is named .gz but cannot be decompressed"),
    "cut.csv.gz": (cut, "cut.csv.gz: is named .gz but cannot be decompressed, or is cut off"),
    "header.csv": (HEADER.encode() + b"\n", ""),
}


@dataclass
class Typed:
    """Runs commands on one lake."""

    lake: Path

    def __call__(self, *arguments: object) -> subprocess.CompletedProcess[str]:
        command = [*COMMAND, "--lake", str(self.lake), *map(str, arguments)]
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    def rows(self, sql: str) -> list[dict[str, object]]:
        return [json.loads(line) for line in self("sql", "--json", sql).stdout.splitlines()]

    def rows_in_this_process(self, sql: str) -> list[dict[str, object]]:
        """The same command without the second and a half that starting Python takes."""
        result = CliRunner().invoke(app, ["--lake", str(self.lake), "sql", "--json", sql])
        assert result.exit_code == 0 or "Query parameters are not supported" in result.output, result.output
        return [json.loads(line) for line in result.stdout.splitlines()]


@pytest.fixture(scope="module")
def shoplake(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Typed]:
    """A lake with good files of difficult names, a huge line, and what nobody should have copied into raw."""
    folder = tmp_path_factory.mktemp("typed")
    typed = Typed(folder / "lake")
    for name, content in {"Oct 2019 (é, 100%) a+b.csv": GOOD, "huge.csv": with_huge_line(5_000_000)}.items():
        (folder / name).write_bytes(content)
        assert typed("land", "rees46", folder / name, "--date", "2019-11-01").returncode == 0
    raw = LocalLake(typed.lake).raw / "rees46/events/ingest_date=2019-11-02"
    raw.mkdir(parents=True)
    for name, (content, _) in REFUSED.items():
        (raw / name).write_bytes(content() if callable(content) else content)
    (raw / "10:00.csv").write_bytes(GOOD)
    yield typed
    assert typed("down").returncode == 0


@pytest.fixture(scope="module")
def first(shoplake: Typed) -> subprocess.CompletedProcess[str]:
    return shoplake("run")


def test_a_run_loads_valid_rows_and_reports_refused_files(shoplake, first):
    assert (first.returncode, first.stderr) == (0, "")
    for _, reason in REFUSED.values():
        assert reason in first.stdout
    assert "10:00.csv: is not read, because jobs cannot read names with" in first.stdout
    assert first.stdout.count("• refused: ") == sum(bool(reason) for _, reason in REFUSED.values())
    assert shoplake.rows("select sum(events) as events, sum(sessions) as sessions from session_daily") == [
        {"events": 6, "sessions": 1}
    ]


def test_a_huge_line_is_quarantined_and_shown_truncated(shoplake, first):
    sql = "select line_number, length(raw_text) as characters, rules from quarantine"
    assert shoplake.rows(sql) == [{"line_number": 2, "characters": 5_000_000, "rules": ["malformed_record"]}]
    shown = shoplake("quarantine").stdout
    assert "huge.csv:2" in shown
    assert "(5,000,000 characters)" in shown
    assert len(shown) < 2000


def test_run_history_reports_refused_files(shoplake, first):
    history = shoplake("runs").stdout
    assert "rees46 · conform" in history
    for _, reason in REFUSED.values():
        assert reason in history


@pytest.mark.full
def test_saved_reports_run_as_in_the_readme(shoplake, first):
    # Reports start with a comment, so with two dashes.
    reports = sorted((ROOT / "athena_queries" / "reports").glob("*.sql"))
    asked = {report.stem: shoplake.rows_in_this_process(report.read_text(encoding="utf-8")) for report in reports}
    for name in ("reconciliation", "uci_figures"):
        typed = (ROOT / "athena_queries" / "reports" / f"{name}.sql").read_text(encoding="utf-8")
        assert shoplake.rows(typed) == asked[name]
    read = {row["table_name"]: row["rows_read"] for row in asked["reconciliation"]}
    # Five valid lines, the huge one and the one after it; refused files are not read.
    assert (read["events"], read["raw_events"]) == (7, 7)
    assert asked["uci_figures"] == [{"invoices": 0, "customers": 0, "countries": 0}]


def test_a_second_run_finds_nothing_new_and_refuses_another_grain(shoplake, first):
    again = shoplake("run")
    assert (again.returncode, again.stderr) == (0, "")
    assert "rees46: nothing new in raw" in again.stdout
    other = shoplake("run", "--grain", "day")
    assert other.returncode == 2
    assert other.stderr.startswith("--grain day: this lake partitions all its tables by month")


@pytest.mark.full
def test_a_replay_reprocesses_rows_and_keeps_those_still_invalid(shoplake, first):
    run = shoplake.rows("select max(run_id) as run from quarantine")[0]["run"]
    replayed = shoplake("replay", run)
    assert (replayed.returncode, replayed.stderr) == (0, "")
    assert shoplake.rows("select count(*) as n from quarantine") == [{"n": 1}]
    unknown = shoplake("replay", "nope")
    assert (unknown.returncode, unknown.stdout.strip()) == (2, "")
    assert "nope: this run has no rows in quarantine" in unknown.stderr
    assert "Traceback" not in unknown.stderr


@pytest.mark.full
def test_a_failed_run_is_in_the_run_history(shoplake, first, tmp_path):
    sources = tmp_path / "sources"
    shutil.copytree(ROOT / "glue_jobs" / "sources", sources)
    with (sources / "rees46" / "events.sql").open("a", encoding="utf-8") as select:
        select.write("where false\n")
    run = shoplake("--sources", sources, "run", "--source", "rees46")
    assert run.returncode == 5
    assert "rees46.raw_events: 7 rows were read but 0 are accounted for" in run.stderr
    assert "• failed: rees46.raw_events: 7 rows were read but 0 are accounted for" in shoplake("runs", "--limit", "1").stdout
    # The previous results are kept, and their run is still the latest successful one.
    assert shoplake.rows("select sum(events) as events from session_daily") == [{"events": 6}]
    report = (ROOT / "athena_queries" / "reports" / "reconciliation.sql").read_text(encoding="utf-8")
    assert {row["table_name"]: row["rows_read"] for row in shoplake.rows(report)}["events"] == 7


@pytest.mark.full
def test_the_batch_scores_with_an_approved_model_and_loads_the_scores(shoplake, first, tmp_path):
    # GIVEN a model of other customers that somebody approved, and three buyers, of whom one came back
    other = lake_of(tmp_path / "other", "rees46", buying_customers())
    version = train(other, "churn", "rees46", as_of=None, hyperparameters={"resamples": 10})
    registry(other).decide(version.name, APPROVED, "")
    shutil.copytree(other.root / "models", shoplake.lake / "models")
    bought = VIEW.replace("view", "purchase").replace("u1", "u{}")
    lines = [*(bought.format(n, n) for n in (1, 2, 3)), bought.format(9, 1).replace("10-01", "10-02")]
    (tmp_path / "bought.csv").write_text("\n".join([HEADER, *lines, ""]), encoding="utf-8")
    assert shoplake("land", "rees46", tmp_path / "bought.csv", "--date", "2019-11-03").returncode == 0
    # WHEN
    run = shoplake("run")
    # THEN
    assert (run.returncode, run.stderr) == (0, "")
    assert "churn/rees46/1: 3 customers scored as of 2019-10-02; train again: " in run.stdout
    listed = shoplake.rows("select customer_id, risk_rank, model_version from churn_risk order by customer_id")
    assert [(row["customer_id"], row["model_version"]) for row in listed] == [("u1", 1), ("u2", 1), ("u3", 1)]
    assert sorted(row["risk_rank"] for row in listed) == [1, 2, 3]


@pytest.mark.full
def test_a_line_of_fifty_million_characters_is_quarantined_whole(shoplake, first, tmp_path):
    (tmp_path / "larger.csv").write_bytes(with_huge_line(50_000_000))
    assert shoplake("land", "rees46", tmp_path / "larger.csv", "--date", "2019-11-04").returncode == 0
    run = shoplake("run", "--source", "rees46")
    assert (run.returncode, run.stderr) == (0, "")
    sql = "select line_number, length(raw_text) as characters, rules from quarantine order by characters desc limit 1"
    assert shoplake.rows(sql) == [{"line_number": 2, "characters": 50_000_000, "rules": ["malformed_record"]}]
    shown = shoplake("quarantine").stdout
    assert "larger.csv:2" in shown
    assert "(50,000,000 characters)" in shown
    assert len(shown) < 4000
