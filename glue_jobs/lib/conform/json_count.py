"""Counts the JSON values of a text with Python's reader: if Spark's parser overlooks one, the account does not add up."""

from __future__ import annotations

from typing import Any

from pyspark.sql import functions as F
from pyspark.sql.types import LongType


def value_counter() -> Any:
    """A Spark function: the number of values of a text, elements of arrays each; null if Python cannot read all of it."""

    # Within a function, so that Spark ships it to its workers by value.
    def count(text: str) -> int | None:
        import json  # noqa: PLC0415
        import re  # noqa: PLC0415

        decoder, blank = json.JSONDecoder(strict=False), re.compile(r"[\s,]*")
        place, counted, in_array = blank.match(text, 0).end(), 0, False  # type: ignore[union-attr]
        try:
            while place < len(text):
                if text[place] == "[" and not in_array:
                    in_array, place = True, place + 1
                elif text[place] == "]" and in_array:
                    in_array, place = False, place + 1
                else:
                    _, place = decoder.raw_decode(text, place)
                    counted += 1
                place = blank.match(text, place).end()  # type: ignore[union-attr]
        except ValueError:
            return None
        return None if in_array else counted

    return F.udf(count, LongType())
