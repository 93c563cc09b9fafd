"""Every failure of Spark becomes one sentence that names the log."""

from __future__ import annotations

import errno
import re
from pathlib import Path

import pytest

from contracts.errors import LakeError
from offline.twin.spark.error_messages import sentence

LOG = Path("lake/log/spark.log")


class Java:
    """A Java exception as py4j shows it."""

    def __init__(self, text: str, cause: Java | None = None) -> None:
        self._text, self._cause = text, cause

    def toString(self) -> str:  # noqa: N802 - Java's name
        return self._text

    def getCause(self) -> Java | None:  # noqa: N802 - Java's name
        return self._cause


class JavaError(Exception):
    def __init__(self, java: Java) -> None:
        super().__init__("An error occurred while calling o71.parquet.")
        self.java_exception = java


def thrown(text: str) -> JavaError:
    return JavaError(Java("org.apache.spark.SparkException: Job aborted.\n\tat x", Java("java.io.IOException: " + text)))


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (thrown("No space left on device"), "No space left on the disk of lake; .*"),
        (OSError(errno.ENOSPC, "No space left on device"), "No space left on the disk of lake; .*"),
        (thrown("s3/x (Permission denied)"), r"No permission to write to the lake lake \(.*s3/x.*\); .*"),
        (JavaError(Java("java.lang.OutOfMemoryError: Java heap space")), "Spark ran out of memory .4g.; .*SHOPLAKE_MEMORY=8g.*"),
        (thrown("Not a Parquet file\nat y"), r"The run failed: java\.io\.IOException: Not a Parquet file; .*"),
        (RuntimeError("odd\nand more"), "The run failed: odd; .*"),
        (RuntimeError(), "The run failed: RuntimeError; .*"),
    ],
)
def test_a_failure_is_one_sentence_with_the_root_cause_and_the_log(error, expected):
    text = sentence(error, log=LOG, memory="4g")
    assert re.fullmatch(expected, text), text
    assert "\n" not in text
    assert "spark.log" in text
    assert "committed work is kept" in text


class Py4JNetworkError(Exception):
    """What py4j raises when Java has ended."""


@pytest.mark.parametrize(
    ("before", "during", "expected"),
    [
        ("", "java.lang.OutOfMemoryError: Java heap space", "Spark ran out of memory .4g.; .*--memory 8g.*"),
        ("java.lang.OutOfMemoryError: Java heap space", "", "Spark's process ended in the middle of the run, .*"),
    ],
)
def test_a_java_that_ends_out_of_memory_is_recognized_by_its_log(tmp_path, before, during, expected):
    log = tmp_path / "log/spark.log"
    log.parent.mkdir()
    log.write_text(f"{before}\n{during}\n")
    error = Py4JNetworkError("Answer from Java side is empty")
    assert re.fullmatch(expected, sentence(error, log=log, memory="4g", logged_before=len(before) + 1))


def test_our_own_errors_keep_their_message():
    assert sentence(LakeError("a.csv: is empty."), log=LOG, memory="4g") == "a.csv: is empty."
