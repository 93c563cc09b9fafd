"""Which worker runs which tests."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from xdist.scheduler import LoadFileScheduling

ROOT = Path(__file__).parents[2]
# Fixtures that start Spark; those of other names build on them.
SPARK = re.compile(r"\b(spark|interpreted)\b")


class OneSpark(LoadFileScheduling):
    """By file, but all files that use Spark go to one worker: to start Spark and to warm it up takes a second one a minute.

    Files that build whole lakes stay apart: where no lakes are kept, they take as long as all other files together.
    """

    def _split_scope(self, nodeid: str) -> str:
        file: str = super()._split_scope(nodeid)
        return "spark" if uses_spark(ROOT / file) else file


@cache
def uses_spark(file: Path) -> bool:
    """Whether a file of tests uses Spark and builds no whole lakes."""
    return file.parent.name != "end_to_end" and SPARK.search(file.read_text(encoding="utf-8")) is not None
