"""Alerts: signals become items of the table and messages to SNS, one per code and subject in a quarter of an hour.

Alerts come after the commit. They are a service on top of the counts: a failure is logged and does not repeat the batch.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from lambdas.common import logs
from lambdas.common.retry import error_codes
from lambdas.common.table import Table, encoded
from lambdas.live import keys
from lambdas.live.consumer import Outcome
from lambdas.live.metrics import Window, read
from lambdas.live.signals import DEMAND_SECONDS, HISTORY_MINUTES, Signal, of_customers, of_minute, of_stock
from lambdas.live.writes import RETENTION_SECONDS

QUIET_SECONDS = 900
# All shards have written a minute when it is this old.
GRACE_SECONDS = 60
# An invocation sends no more than this; a flood is one problem, not a thousand.
MAX_PER_BATCH = 10
SUBJECT = "shoplake: {code}"


@dataclass(frozen=True)
class Alerts:
    """Checks batches and sends what they signal."""

    table: Table
    sns: Any
    topic: str

    def check(self, outcome: Outcome) -> None:
        """Sends alerts that follow from a committed batch."""
        try:
            now = outcome.arrival // 1000
            signals = [*of_customers(outcome.customers), *self._stock(outcome, now), *self._minute(outcome, now)]
            self.send(signals[:MAX_PER_BATCH], now=now)
        except Exception as error:  # noqa: BLE001 - the batch is counted already
            logs.error("alerts were not checked", error=type(error).__name__)

    def send(self, signals: Iterable[Signal], *, now: int) -> None:
        """Records and publishes each signal that was not sent within the quiet time."""
        for signal in signals:
            if self._claim(f"{signal.code}#{signal.subject}", now=now, quiet=QUIET_SECONDS):
                self._record(signal, now)
                if self.topic:
                    self.sns.publish(TopicArn=self.topic, Subject=SUBJECT.format(code=signal.code), Message=signal.text)

    def _record(self, signal: Signal, now: int) -> None:
        item = {"pk": keys.alerts(keys.date_text(now)), "sk": f"{keys.start_text(now)}#{signal.code}#{signal.subject}", "at": now}
        item |= {"code": signal.code, "subject": signal.subject, "text": signal.text, "expires_at": now + RETENTION_SECONDS}
        self.table.dynamodb.put_item(TableName=self.table.name, Item=encoded(item))

    def _claim(self, name: str, *, now: int, quiet: int) -> bool:
        """Whether this process is the one to act: nobody has, within the quiet time."""
        item = {"pk": keys.ALERT_STATE, "sk": name, "at": now, "expires_at": now + 10 * quiet}
        try:
            self.table.dynamodb.put_item(
                TableName=self.table.name,
                Item=encoded(item),
                ConditionExpression="attribute_not_exists(pk) OR #at <= :until",
                ExpressionAttributeNames={"#at": "at"},
                ExpressionAttributeValues=encoded({":until": now - quiet}),
            )
        except Exception as error:
            if "ConditionalCheckFailedException" in error_codes(error):
                return False
            raise
        return True

    def _minute(self, outcome: Outcome, now: int) -> list[Signal]:
        """Signals of the newest complete minute, checked by one shard when its records enter another minute."""
        if outcome.previous_arrival // 60_000 == outcome.arrival // 60_000:
            return []
        minute = (now - GRACE_SECONDS) // 60 * 60 - 60
        if not self._claim(f"minute#{minute}", now=now, quiet=RETENTION_SECONDS):
            return []
        windows = self._windows(minute - HISTORY_MINUTES * 60, minute + 60, details=False)
        first = min((int(window.start.timestamp()) for window in windows), default=minute)
        return of_minute(windows, first=first, minute=minute)

    def _stock(self, outcome: Outcome, now: int) -> list[Signal]:
        gone = [line.product_id for event in outcome.events if event.kind == "stock" for line in event.lines if not line.quantity]
        return of_stock(gone, self._windows(now - DEMAND_SECONDS, now + 60, details=True)) if gone else []

    def _windows(self, since: int, until: int, *, details: bool) -> Sequence[Window]:
        begin, end = (datetime.fromtimestamp(at, UTC) for at in (since, until))
        return read(self.table, seconds=60, since=begin, until=end, details=details)
