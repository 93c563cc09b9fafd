"""The generator is reproducible, has the requested size, and accounts for every line."""

from __future__ import annotations

import hashlib
import json
import tracemalloc
from collections import Counter
from dataclasses import asdict
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from contracts.errors import LakeError
from offline.generator import generate
from tests.unit.offline.generator.generated_files import gross, read


def fingerprint(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.iterdir())}


@pytest.mark.parametrize("layout", ["shop", "rees46"])
def test_the_same_arguments_give_the_same_bytes_but_another_seed_does_not(tmp_path, layout):
    def made(name, seed):
        generate(tmp_path / name, days=4, users=50, events_per_day=80, layout=layout, seed=seed)
        return fingerprint(tmp_path / name)

    assert made("once", 1) == made("twice", 1)
    assert made("once", 1) == made("twice", 1), "generating over the same generation changes nothing"
    assert made("once", 1).items().isdisjoint(made("other", 2).items())


@pytest.mark.parametrize("layout", ["shop", "rees46"])
@pytest.mark.parametrize(("days", "users", "events"), [(1, 1, 1), (1, 1, 50), (3, 1, 7), (9, 30, 33), (2, 500, 1000)])
def test_the_number_of_good_events_is_exactly_as_requested(tmp_path, layout, days, users, events):
    truth = generate(tmp_path, days=days, users=users, events_per_day=events, layout=layout)
    assert truth.totals.events == len(read(tmp_path, "events").rows) == days * events


@pytest.mark.parametrize("source", ["shop", "rees46"])
def test_every_line_is_accounted_for(request, source):
    out, truth = request.getfixturevalue(source)
    for kind, expected in truth.files.items():
        content = read(out, kind)
        assert len(content.rows) == expected.good_rows
        assert dict(content.bad) == expected.bad_rows, "each kind of bad row is there, as often as stated"
        assert content.copies == expected.exact_duplicates + expected.late_duplicates
        assert content.lines == expected.data_lines
        assert min(expected.bad_rows.values()) > 0
        assert expected.exact_duplicates > 0 < expected.late_duplicates


def test_the_ground_truth_on_disk_equals_the_returned_one(shop):
    out, truth = shop
    assert json.loads((out / "truth.json").read_text(encoding="utf-8")) == asdict(truth)
    assert truth.complete


def test_late_rows_are_in_the_file_of_a_later_day(shop):
    out, truth = shop
    content = read(out, "events")
    late = [1 for row, name in zip(content.rows, content.where, strict=True) if row["event_time"][:10] not in name]
    # A copy that comes before its late original cannot be: the original is then the only one.
    assert len(late) == truth.files["events"].late_rows > 0


def test_bad_rows_share_no_id_with_good_rows(shop):
    out, _ = shop
    good = {row["event_id"] for row in read(out, "events").rows}
    for path in out.glob("events-*.csv"):
        for line in path.read_text(encoding="utf-8", errors="replace").splitlines()[1:]:
            name = line.split(",")[0]
            assert name in good or name.startswith("bad-") or not name


def test_totals_of_the_shop_match_its_files(shop):
    out, truth = shop
    events, lines = read(out, "events").rows, read(out, "order_lines").rows
    sales = [line for line in lines if line["line_type"] == "sale"]
    returns = [line for line in lines if line["line_type"] == "return"]
    totals = truth.totals
    kinds = Counter(event["event_type"] for event in events)
    assert (totals.views, totals.carts) == (kinds["view"], kinds["cart"])
    assert (totals.removes, totals.purchases) == (kinds["remove_from_cart"], kinds["purchase"])
    assert totals.orders == len({line["order_id"] for line in sales})
    assert (totals.sale_lines, totals.return_lines) == (len(sales), len(returns))
    assert totals.units == sum(int(line["quantity"]) for line in sales)
    assert totals.returned_units == -sum(int(line["quantity"]) for line in returns)
    assert Decimal(totals.gross) == gross(sales)
    assert Decimal(totals.returned) == -gross(returns)
    assert Decimal(totals.net) == gross(lines)
    assert totals.buyers == len({line["customer_id"] for line in sales} - {""})
    assert totals.guest_orders == len({line["order_id"] for line in sales if not line["customer_id"]})
    assert totals.sessions == len({event["session_id"] for event in events})


def test_totals_of_rees46_match_its_files(rees46):
    out, truth = rees46
    events, totals = read(out, "events").rows, truth.totals
    bought = [event for event in events if event["event_type"] == "purchase"]
    assert Decimal(totals.gross) == sum(Decimal(event["price"]) for event in bought)
    assert totals.orders == len({event["user_session"] for event in bought})
    assert totals.buyers == len({event["user_id"] for event in bought})
    assert totals.sessions == len({event["user_session"] for event in events})
    assert totals.units == totals.purchases == len(bought)


def test_rees46_rows_have_the_columns_of_the_real_files(rees46):
    out, truth = rees46
    size = sum(path.stat().st_size for path in out.glob("events-*.csv"))
    assert 125 < size / truth.files["events"].data_lines < 145
    header = (out / "events-2019-10-01.csv").read_text(encoding="utf-8", errors="replace").split("\n", 1)[0]
    assert header == "event_time,event_type,product_id,category_id,category_code,brand,price,user_id,user_session"


def test_a_single_file_has_the_rows_of_the_daily_files(tmp_path):
    for name, single in (("daily", False), ("single", True)):
        generate(tmp_path / name, days=5, users=50, events_per_day=100, layout="rees46", single_file=single)
    assert [path.name for path in sorted((tmp_path / "single").glob("events*"))] == ["events.csv"]
    assert read(tmp_path / "single", "events").rows == read(tmp_path / "daily", "events").rows


def test_without_bad_rows_every_line_is_good(tmp_path):
    truth = generate(tmp_path, days=5, users=50, events_per_day=100, bad_rows=False)
    for kind, expected in truth.files.items():
        content = read(tmp_path, kind)
        assert (content.lines, expected.data_lines) == (expected.good_rows, expected.good_rows)


def test_memory_does_not_grow_with_the_days(tmp_path):
    def peak(days):
        tracemalloc.start()
        generate(tmp_path / str(days), days=days, users=200, events_per_day=2000, layout="rees46")
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    peak(2)
    assert peak(40) < 1.5 * peak(4)


def test_progress_is_reported_day_by_day(tmp_path):
    expected = []
    generate(tmp_path, days=3, users=5, events_per_day=5, progress=lambda done, of: expected.append((done, of)))
    assert expected == [(1, 3), (2, 3), (3, 3)]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"days": 0}, "days is 0; it must be at least 1"),
        ({"users": -1}, "users is -1"),
        ({"events_per_day": 0}, "events_per_day is 0"),
        ({"seed": -1}, "seed is -1; it must be at least 0"),
        ({"layout": "thelook"}, "layout 'thelook' does not exist; choose shop or rees46"),
        ({"single_file": True}, "single_file needs layout rees46"),
        ({"start": date(9999, 12, 1)}, "end after the year 9999"),
    ],
)
def test_invalid_arguments_get_a_clear_error(tmp_path, arguments, sentence):
    with pytest.raises(LakeError, match=sentence):
        generate(tmp_path, **arguments)
    assert not list(tmp_path.iterdir())


def test_a_folder_with_other_files_is_left_alone(tmp_path):
    (tmp_path / "events-2025-01-01.csv").write_text("mine")
    with pytest.raises(LakeError, match="contains other files"):
        generate(tmp_path, days=1, users=5, events_per_day=5)
    assert (tmp_path / "events-2025-01-01.csv").read_text() == "mine"


def test_an_output_folder_that_is_a_file_gets_a_clear_error(tmp_path):
    (tmp_path / "out").write_text("")
    with pytest.raises(LakeError, match="cannot write to"):
        generate(tmp_path / "out", days=1, users=5, events_per_day=5)
