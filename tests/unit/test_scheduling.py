"""Files that use Spark are recognized, so that one worker gets them all."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.scheduling import uses_spark

TESTS = Path(__file__).parents[1]


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        ("unit/glue_jobs/marts/test_rfm.py", True),
        ("integration/test_killed.py", True),
        ("unit/offline/athena/test_queries.py", False),
        ("end_to_end/test_shop.py", False),
    ],
)
def test_a_file_uses_spark(file: str, *, expected: bool) -> None:
    assert uses_spark(TESTS / file) == expected
