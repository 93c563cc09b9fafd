"""What happens to the records of one shard: skip what was counted, fold, commit, and stop at the first record that fails."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from lambdas.common.retry import retrying
from lambdas.common.table import Table, encoded
from lambdas.live import keys
from lambdas.live.commit import LostError, commit, finish_plan
from lambdas.live.customers import Features, Numbered, update_customers
from lambdas.live.events import Event, UnreadableError, decode, fingerprint
from lambdas.live.fold import Rules, fold
from lambdas.live.shard_state import ShardState, States
from lambdas.live.writes import RETENTION_SECONDS, writes_of

# Each attempt means that another consumer of the shard has won.
ATTEMPTS = 20
POISON_REASON_CHARACTERS = 200


@dataclass(frozen=True, slots=True)
class Record:
    """A record of the stream: its sequence number, when it arrived (epoch milliseconds) and its bytes."""

    sequence: int
    arrival: int
    data: bytes


@dataclass(frozen=True, kw_only=True)
class Shard:
    """A shard's key, how to find the keys of the shards that it came from, and the shard as Kinesis describes it now."""

    key: str
    ancestors: Callable[[], Sequence[str]]
    confirmed: Callable[[], Shard]


@dataclass
class Outcome:
    """What a batch did. `failed` is the sequence number of the first record that must be delivered again."""

    failed: int | None = None
    events: list[Event] = field(default_factory=list)
    customers: dict[str, Features] = field(default_factory=dict)
    arrival: int = 0
    previous_arrival: int = 0


@dataclass(frozen=True)
class Consumer:
    """Consumes records of shards into a table."""

    table: Table
    rules: Rules
    deduplication: int
    states: States = field(default_factory=States)

    def consume(self, shard: Shard, records: Sequence[Record]) -> Outcome:
        """Counts the records of one shard, in order, up to the first that cannot be read."""
        good, poison, reason = readable(records)
        outcome = Outcome()
        state = self._state(shard, records)
        if not state.batch or min(record.sequence for record in records) <= state.counted.newest:
            # A redelivery, unless the stream was made again: then its numbers begin again.
            current = shard.confirmed()
            if current.key != shard.key:
                return self.consume(current, records)
        for _ in range(ATTEMPTS):
            try:
                if state.plan:
                    finish_plan(self.table, state)
                    raise LostError  # read the ids that the plan has added
                self._count(state, good, outcome)
                break
            except LostError:
                self.states.forget(shard.key)
                state = self._state(shard, records)
            except BaseException:
                self.states.forget(shard.key)
                raise
        else:
            raise RuntimeError(f"{shard.key}: other consumers of the shard won {ATTEMPTS} times; the batch is tried again")
        if poison and poison.sequence not in state.counted:
            self._note_poison(shard, poison, reason)
            outcome.failed = poison.sequence
        return outcome

    def _state(self, shard: Shard, records: Sequence[Record]) -> ShardState:
        since = min(record.arrival for record in records) - self.deduplication * 1000
        return retrying(lambda: self.states.load(self.table, shard.key, ancestors=shard.ancestors, since=since))

    def _count(self, state: ShardState, records: Sequence[tuple[Record, Sequence[Event]]], outcome: Outcome) -> None:
        fresh = [(record, events) for record, events in records if record.sequence not in state.counted]
        if not fresh:
            return
        distinct, duplicates = _split(fresh, state)
        users = {event.user: fingerprint(event.user) for _, event in distinct if event.user}
        delta = fold((event for _, event in distinct), duplicates, rules=self.rules, users=users)
        by_user: dict[str, list[Numbered]] = {}
        for sequence, event in distinct:
            if event.user:
                by_user.setdefault(event.user, []).append((sequence, event))
        sequences = [record.sequence for record, _ in fresh]
        update_customers(self.table, by_user, shard=state.key, sequences=sequences, changed=outcome.customers.__setitem__)
        arrival = max(record.arrival for record, _ in fresh)
        ids = [event.id for _, event in distinct]
        writes = writes_of(delta, shard=state.key, batch=state.batch + 1, arrival=arrival, ids=ids, keep_ids=self.deduplication)
        outcome.previous_arrival, outcome.arrival = state.arrival, arrival
        state.window = self.rules.window
        commit(self.table, state, writes, counted=state.counted.including(sequences), arrival=arrival)
        state.seen.add(arrival, ids)
        self.states.remember(state)
        outcome.events = [event for _, event in distinct]

    def _note_poison(self, shard: Shard, record: Record, reason: str) -> None:
        """Makes an unreadable record visible; its bytes go to the destination of failed batches."""
        now = record.arrival // 1000
        item = {"pk": keys.poison(keys.date_text(now)), "sk": f"{shard.key}#{record.sequence:064d}", "arrival": record.arrival}
        item |= {"reason": reason[:POISON_REASON_CHARACTERS], "bytes": len(record.data), "expires_at": now + RETENTION_SECONDS}
        retrying(lambda: self.table.dynamodb.put_item(TableName=self.table.name, Item=encoded(item)))


def readable(records: Sequence[Record]) -> tuple[list[tuple[Record, Sequence[Event]]], Record | None, str]:
    """The records before the first that cannot be read, that record, and why."""
    good: list[tuple[Record, Sequence[Event]]] = []
    for record in sorted(records, key=lambda record: record.sequence):
        try:
            good.append((record, decode(record.data)))
        except UnreadableError as error:
            return good, record, str(error)
    return good, None, ""


def _split(records: Sequence[tuple[Record, Sequence[Event]]], state: ShardState) -> tuple[list[Numbered], list[Event]]:
    """Events that were not counted before, with the numbers of their records, and those that were."""
    distinct: list[Numbered] = []
    duplicates: list[Event] = []
    new: set[bytes] = set()
    for record, events in records:
        for event in events:
            if event.id in new or event.id in state.seen:
                duplicates.append(event)
            else:
                new.add(event.id)
                distinct.append((record.sequence, event))
    return distinct, duplicates
