"""Next-item recommendation in the protocol of session-rec: sessions, windows, scores and ranks by hand."""

from __future__ import annotations

from math import exp, log, sqrt
from pathlib import Path

import pytest

from benchmarks.next_item.__main__ import evaluate, main
from benchmarks.next_item.methods import SKNN, STAN, VSTAN, association_rules, markov, neighbors, popularity
from benchmarks.next_item.sessions import DAY, Session, read_sessions, windows
from contracts.errors import LakeError


def session(items: str, day: float = 0.0) -> Session:
    return Session(tuple(items), day * DAY)


def test_sessions_of_retailrocket_end_after_half_an_hour(tmp_path: Path):
    # GIVEN views of one visitor 30 minutes and a millisecond apart, then 30 minutes apart, and what is no view
    times = [0, 1_800_001, 3_600_001]
    lines = [f"{at},7,view,{item}," for at, item in zip(times, "abc", strict=True)]
    file = tmp_path / "events.csv"
    file.write_text("\n".join(["timestamp,visitorid,event,itemid,transactionid", *lines, "5,7,addtocart,z,", "9,8,view,a,"]))
    # THEN
    assert read_sessions(file, "retailrocket") == [
        Session(("a",), 0.0),
        Session(("a",), 0.009),
        Session(("b", "c"), 3600.001),
    ]


def test_sessions_of_rees46_are_its_own(tmp_path: Path):
    file = tmp_path / "2019-Oct.csv"
    header = "event_time,event_type,product_id,category_id,category_code,brand,price,user_id,user_session"
    views = [f"2019-10-01 0{hour}:00:00 UTC,view,p{hour},1,,,1,u,s1" for hour in (2, 5)]
    file.write_text("\n".join([header, *views, "2019-10-01 03:00:00 UTC,cart,p9,1,,,1,u,s1"]))
    assert [one.items for one in read_sessions(file, "rees46")] == [("p2", "p5")]


def test_windows_keep_frequent_products_and_predict_only_known_ones():
    # GIVEN windows of two days and one; x is seen once, and n not before the test day
    sessions = [
        session("ab"),
        session("abx", 0.5),
        session("a", 1.0),
        session("bann", 2.5),
        session("nn", 2.6),
        session("ab", 3.1),
    ]
    # WHEN
    (window,) = windows(sessions, count=2, train_days=2, test_days=1, min_support=2)
    # THEN
    assert [one.items for one in window.train] == [("a", "b"), ("a", "b")]
    assert [one.items for one in window.test] == [("b", "a")]


def test_nearest_neighbors_by_hand():
    # GIVEN b and c in the current session, c being last, and two sessions that have them, one day and three days old
    train = [session("bx", 7), session("cyz", 9)]
    # THEN SKNN scores by cosine alone: 1 / sqrt(2 * 2) and 1 / sqrt(2 * 3)
    old, new = 1 / sqrt(4), 1 / sqrt(6)
    assert neighbors(train, SKNN)("bc", 10 * DAY) == pytest.approx({"b": old, "x": old, "c": new, "y": new, "z": new})
    # AND STAN lets all three fade: b's place, the days, and the distance from the product in common
    old, new = old * exp(-1 / 3.54) * exp(-3 / 20), new * exp(-1 / 20)
    near, far = exp(-1 / 3.54), exp(-2 / 3.54)
    expected = {"b": old, "x": old * near, "c": new, "y": new * near, "z": new * far}
    assert neighbors(train, STAN)("bc", 10 * DAY) == pytest.approx(expected)
    # AND VSTAN lets b's place count again, and each product, in one of two sessions, by 1 + log 2
    again = {"b": exp(-1 / 3.54), "x": exp(-1 / 3.54)}
    vstan = {item: score * again.get(item, 1.0) * (1 + log(2)) for item, score in expected.items()}
    assert neighbors(train, VSTAN)("bc", 10 * DAY) == pytest.approx(vstan)


def test_simple_methods_by_hand():
    train = [session("abc"), session("ac")]
    assert popularity(train)("b", 0.0) == {"a": 2.0, "b": 1.0, "c": 2.0}
    assert markov(train)("ba", 0.0) == {"b": 1, "c": 1}
    assert association_rules(train)("b", 0.0) == {"a": 1, "c": 1}
    assert markov(train)("q", 0.0) == {}


def test_hits_and_reciprocal_ranks_by_hand():
    # GIVEN products by popularity: a (3), b (2), c (1); the next ones are b, c and, unknown, q
    train = [session("aaa"), session("bbc")]
    quality = evaluate(train, [session("abc"), session("aq")], popularity)
    # THEN ranks are 2, 3 and none
    assert (quality.hit_rate, quality.mrr, quality.predictions) == (pytest.approx(2 / 3), pytest.approx((1 / 2 + 1 / 3) / 3), 3)


def test_the_command_prints_a_row_per_method(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    lines = [f"{(day * 86_400 + second) * 1000},{day},view,{item}," for day in range(4) for second, item in enumerate("abab")]
    file = tmp_path / "events.csv"
    file.write_text("\n".join(["timestamp,visitorid,event,itemid,transactionid", *lines]))
    assert main(["retailrocket", str(file), "--train_days", "3", "--test_days", "1"]) == 0
    shown = capsys.readouterr().out
    assert all(name in shown for name in ("popularity", "Markov", "association rules", "SKNN", "STAN", "VSTAN"))
    # AND what cannot be used gets a sentence
    assert main(["rees46", str(file)]) == 1
    assert "cannot be read as a file of rees46" in " ".join(capsys.readouterr().out.split())
    assert main(["retailrocket", str(file), "--train_days", "300"]) == 1
    assert "No window has sessions" in capsys.readouterr().out


def test_a_file_without_views_is_refused(tmp_path: Path):
    file = tmp_path / "events.csv"
    file.write_text("timestamp,visitorid,event,itemid,transactionid\n5,7,addtocart,z,\n")
    with pytest.raises(LakeError, match="has no views; pass the file of events"):
        read_sessions(file, "retailrocket")
