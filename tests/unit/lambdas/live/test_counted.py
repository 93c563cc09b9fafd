from __future__ import annotations

from lambdas.live.counted import Counted


def test_batches_in_any_order_are_counted_once():
    counted = Counted(keep=2).including([501, 700, 1000])
    assert [number in counted for number in (500, 501, 600, 1000, 1001)] == [False, True, True, True, False]
    counted = Counted(counted.including([1, 250]).data, keep=2)
    assert [number in counted for number in (0, 1, 250, 251, 501)] == [False, True, True, False, True]


def test_the_oldest_batches_go_into_the_floor():
    # GIVEN three batches where two are kept
    counted = Counted(keep=2).including([10, 20]).including([31, 40]).including([51, 60])
    # THEN everything up to the first one's end is counted, and gaps after it are not
    assert [number in Counted(counted.data, keep=2) for number in (1, 20, 25, 31, 45, 60, 61)] == [
        True,
        True,
        False,
        True,
        False,
        True,
        False,
    ]


def test_numbers_of_56_digits():
    number = 10**56 - 1
    assert number in Counted(Counted(keep=8).including([number]).data, keep=8)
    assert number - 1 not in Counted(keep=8).including([number])
    assert Counted(keep=8).data == bytes(24)
