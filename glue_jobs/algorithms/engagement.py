"""What happened on the shop's pages, for the analyses of customers."""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F


def known_events(events: DataFrame, dates: DataFrame) -> DataFrame:
    """The events without those of days to come, of which a clock that is ahead makes some; `dates` is dim_date of one source."""
    last = dates.agg(F.max("date").alias("_last"))
    return events.join(F.broadcast(last), events["event_date"] <= last["_last"]).drop("_last")


def engagement(sessions: DataFrame) -> DataFrame:
    """customer_id, sessions, session_minutes; `sessions` is fct_sessions of one source."""
    known = sessions.where("user_id is not null").groupBy(F.col("user_id").alias("customer_id"))
    return known.agg(F.count("*").alias("sessions"), (F.sum("duration_seconds") / 60).alias("session_minutes"))
