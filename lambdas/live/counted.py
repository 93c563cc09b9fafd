"""Which records of a shard were counted: the last few batches as ranges of sequence numbers, and everything up to a floor.

A single checkpoint would lose records where an earlier batch comes after a later one, as it may after retries. A batch has all
records of its shard between its first and its last, so a range stands for them. When there are more than `keep` ranges, the
oldest ones go into the floor: at or below it, every record counts as counted.
"""

from __future__ import annotations

from collections.abc import Sequence

# Kinesis uses up to 56 digits.
NUMBER_BYTES = 24


class Counted:
    """Ranges of sequence numbers, as bytes in items: the floor plus one, then first and last of each range as they came."""

    def __init__(self, data: bytes = b"", *, keep: int) -> None:
        numbers = [int.from_bytes(data[at : at + NUMBER_BYTES]) for at in range(0, len(data), NUMBER_BYTES)]
        self._floor = numbers[0] - 1 if numbers else -1
        self._ranges = list(zip(numbers[1::2], numbers[2::2], strict=True))
        self._keep = keep

    def __contains__(self, sequence: int) -> bool:
        return sequence <= self._floor or any(first <= sequence <= last for first, last in self._ranges)

    @property
    def newest(self) -> int:
        """The highest number that was counted; -1 for none."""
        return max([self._floor, *(last for _, last in self._ranges)])

    def including(self, sequences: Sequence[int]) -> Counted:
        """With one batch more."""
        result = Counted(keep=self._keep)
        ranges = [*self._ranges, (min(sequences), max(sequences))]
        dropped = sorted(ranges, key=lambda one: one[1])[: max(0, len(ranges) - self._keep)]
        result._ranges = [one for one in ranges if one not in dropped]
        result._floor = max([self._floor, *(last for _, last in dropped)])
        return result

    @property
    def data(self) -> bytes:
        """What `Counted(data)` reads."""
        numbers = [self._floor + 1, *(number for one in self._ranges for number in one)]
        return b"".join(number.to_bytes(NUMBER_BYTES) for number in numbers)
