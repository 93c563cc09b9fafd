"""Figures of a profile, written by hand, from both engines that make them."""

from __future__ import annotations

import math
from datetime import date
from typing import TYPE_CHECKING

import pytest

from glue_jobs.algorithms.profiling.drift import decode_bins, encode_bins, psi
from glue_jobs.algorithms.profiling.profile import Bin, Subject, TableProfile
from glue_jobs.algorithms.profiling.profiler import Engine, profile_tables
from glue_jobs.profiling import SparkEngine
from offline.report.profile.duckdb_tables import DuckEngine

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyspark.sql import SparkSession

ROWS = """
select * from (values
  ('a1', 'red',     cast(1 as decimal(18,4)),   timestamp '2025-01-01 10:00:00', true),
  ('a2', 'red',     cast(2 as decimal(18,4)),   timestamp '2025-01-01 10:00:00', true),
  ('a3', ' blue ',  cast(3 as decimal(18,4)),   timestamp '2025-01-02 23:59:59', true),
  ('a4', 'n/a',     cast(4 as decimal(18,4)),   timestamp '2025-01-06 00:00:00', true),
  ('a5', '',        cast(0 as decimal(18,4)),   timestamp '2025-01-07 00:00:00', true),
  ('a6', 'caf\u00c3\u00a9', cast(-1 as decimal(18,4)), timestamp '2025-01-07 12:00:00', true),
  ('a7', null,      cast(500 as decimal(18,4)), timestamp '1970-01-01 00:00:00', true),
  ('a8', 'red',     cast(2 as decimal(18,4)),   timestamp '2025-01-01 10:00:00', null)
) as t(id, color, amount, at, flag)
"""
SUBJECTS = [
    Subject("code", "string", key=True),
    Subject("color", "string"),
    Subject("amount", "decimal(18,4)"),
    Subject("at", "timestamp"),
    Subject("flag", "boolean"),
]


def by_duckdb(subjects: list[Subject], **earlier: list[Bin]) -> TableProfile:
    engine = DuckEngine()
    engine.materialize("profiled_0", ROWS.replace("t(id, color, amount, at, flag)", "t(c0, c1, c2, c3, c4)"))
    return profile_of(engine, subjects, earlier)


def profile_of(engine: Engine, subjects: list[Subject], earlier: dict[str, list[Bin]]) -> TableProfile:
    return profile_tables(engine, {"t": subjects}, {"t": earlier})["t"]


@pytest.fixture(params=["duckdb", "spark"])
def profiled(request: pytest.FixtureRequest) -> Callable[..., TableProfile]:
    """Profiles ROWS by one engine or the other."""
    if request.param == "duckdb":
        return by_duckdb
    request.getfixturevalue("interpreted")
    spark: SparkSession = request.getfixturevalue("spark")
    frame = spark.sql(ROWS.replace("t(id,", "t(code,"))

    def by_spark(subjects: list[Subject], **earlier: list[Bin]) -> TableProfile:
        engine = SparkEngine(spark, [(frame, subjects)])
        try:
            return profile_of(engine, subjects, earlier)
        finally:
            engine.close()

    return by_spark


def test_every_figure_is_the_one_counted_by_hand(profiled: Callable[..., TableProfile]) -> None:
    """
    GIVEN eight rows with a value of every kind of trouble
    WHEN they are profiled, with the bins of an earlier run of amounts and colors
    THEN each figure is the one that the eight rows give on paper
    """
    earlier = {
        # By then: 4 up to 1.0, 4 above; now: 0, -1 and 1 are up to 1.0, five are above.
        "amount": [Bin("upto", 4, upper=1.0), Bin("above", 4), Bin("null", 0)],
        # Now: three are red, four something else, one is null.
        "color": [Bin("value", 3, value="red"), Bin("other", 4), Bin("null", 1)],
    }
    profile = profiled(SUBJECTS, **earlier)
    code, color, amount, at, flag = profile.columns
    assert (profile.rows, profile.repeated, profile.completeness) == (8, 0, 38 / 40)
    assert (code.non_null, code.distinct, code.once, code.cardinality) == (8, 8, 8, "unique")
    assert (code.min_value, code.max_value) == ("a1", "a8")

    assert (color.non_null, color.distinct, color.once, color.cardinality) == (7, 5, 4, "low")
    assert color.completeness == 7 / 8
    assert color.uniqueness == 5 / 7
    assert color.top[:2] == [("red", 3), ("", 1)]
    assert color.anomalies == {"blank": 1, "padded": 1, "placeholder": 1, "broken_text": 1}
    assert color.psi == 0.0

    # -1 0 1 2 2 3 4 500: the quarter's rank is 2, the half's 4, three quarters' 6.
    assert [amount.quantiles[share] for share in (0.01, 0.25, 0.5, 0.75, 0.99)] == [-1.0, 0.0, 2.0, 3.0, 500.0]
    assert (amount.min_value, amount.max_value, amount.zeros, amount.negatives) == ("-1.0000", "500.0000", 1, 1)
    assert amount.mean == 511 / 8
    # The sum of squares is 250,035; less 8 times the squared mean, over 7.
    assert amount.stddev == pytest.approx(math.sqrt((250_035 - 511**2 / 8) / 7), rel=1e-12)
    # The middle half is 3 wide, so far out begins beyond 3 + 9 = 12.
    assert amount.anomalies == {"far_out": 1}
    assert (amount.histogram[0][2], amount.histogram[-1][2], sum(rows for _, _, rows in amount.histogram)) == (7, 1, 8)
    assert amount.psi == pytest.approx((3 / 8 - 4 / 8) * math.log(3 / 4) + (5 / 8 - 4 / 8) * math.log(5 / 4), rel=1e-9)

    # Day 0, then 2025-01-01 (day 20,089), 2nd, 6th and 7th: days 1 to 20,088 are missing, and the 3rd to the 5th.
    assert (at.days_covered, at.days_missing) == (5, 20_088 + 3)
    assert (at.longest_gap_days, at.gap_after) == (20_088, date(1970, 1, 1))
    assert at.anomalies == {"no_date": 1}
    assert (at.distinct, at.cardinality) == (6, "low")
    assert (flag.non_null, flag.distinct, flag.cardinality) == (7, 1, "constant")


def test_rows_alike_in_all_but_the_key_are_counted_and_pseudonyms_are_not_shown(profiled: Callable[..., TableProfile]) -> None:
    """a2 and a8 differ in the flag; without it a8 repeats a2. What is not public is counted, never shown."""
    hidden = [Subject("code", "string", key=True), Subject("color", "string", shown=False), *SUBJECTS[2:4]]
    profile = profiled(hidden)
    assert (profile.rows, profile.repeated) == (8, 1)
    color = profile.columns[1]
    assert (color.distinct, color.min_value, color.max_value, color.top) == (5, None, None, [])
    assert {one.kind for one in color.bins} == {"filled", "null"}


def test_the_index_is_that_of_the_formula() -> None:
    """(0.2-0.5)·ln(0.2/0.5) + (0.8-0.5)·ln(0.8/0.5) = 0.41589; an empty bin counts as one in 10,000."""
    assert psi([50, 50], [20, 80]) == pytest.approx(0.4158883, abs=1e-7)
    assert psi([10, 90], [1, 9]) == pytest.approx(0.0, abs=1e-15)
    # (0.0001-0.5)·ln(0.0001/0.5) + (1-0.5)·ln(1/0.5)
    assert psi([1, 1], [0, 5]) == pytest.approx(4.2577 + 0.3466, abs=1e-4)
    assert psi([0, 0], [1, 1]) == 0.0


def test_bins_survive_being_written() -> None:
    bins = [Bin("upto", 3, upper=-1.5), Bin("upto", 2, upper=0.1), Bin("above", 1), Bin("null", 0)]
    assert encode_bins(bins) == {"upto:-1.5": 3, "upto:0.1": 2, "above": 1, "null": 0}
    assert decode_bins(encode_bins(bins)) == bins
    named = [Bin("value", 7, value="a:b"), Bin("other", 1), Bin("null", 0)]
    assert sorted(map(repr, decode_bins(encode_bins(named)))) == sorted(map(repr, named))
