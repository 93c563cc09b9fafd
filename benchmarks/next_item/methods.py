"""Methods that predict the next product of a session: popularity, item to item, and nearest neighbors among sessions.

SKNN scores the products of similar sessions. STAN (Garg, Gupta, Malhotra, Vig & Shroff 2019, SIGIR) lets three things fade:
earlier products of the current session, older neighbors, and products of a neighbor that are far from the one in common. VSTAN
(Ludewig et al. 2020) also scores by where the product in common stands in the current session, and weighs rare products higher.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from heapq import nlargest
from itertools import pairwise
from math import exp, inf, log, sqrt

from benchmarks.next_item.sessions import DAY, Session

Scores = Mapping[str, float]
# From the products of a session so far and the time to their scores.
Recommender = Callable[[Sequence[str], float], Scores]


@dataclass(frozen=True)
class Neighbors:
    """`positions`, `days` and `distance` are the spans in which a weight falls to 1/e; `idf` weighs rare products higher.

    The neighbors are the `k` most similar of the `sample` latest sessions with a product in common.
    """

    positions: float = inf
    days: float = inf
    distance: float = inf
    scored_positions: float = inf
    idf: float = 0.0
    k: int = 500
    sample: int = 2500


SKNN = Neighbors()
STAN = Neighbors(positions=3.54, days=20.0, distance=3.54)
VSTAN = Neighbors(positions=3.54, days=20.0, distance=3.54, scored_positions=3.54, idf=1.0)


def popularity(train: Sequence[Session]) -> Recommender:
    """The products with the most views."""
    views = Counter(item for session in train for item in session.items)
    scores = {item: float(count) for item, count in views.items()}
    return lambda _, __: scores


def markov(train: Sequence[Session]) -> Recommender:
    """The products that most often follow the last one."""
    return _item_to_item(train, pairwise)


def association_rules(train: Sequence[Session]) -> Recommender:
    """The products that are most often in one session with the last one."""
    return _item_to_item(train, lambda items: ((one, other) for one in items for other in items if one != other))


def _item_to_item(train: Sequence[Session], pairs: Callable[[Sequence[str]], Iterator[tuple[str, str]]]) -> Recommender:
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for session in train:
        for one, other in pairs(session.items):
            counts[one][other] += 1
    return lambda items, _: counts.get(items[-1], {})


def neighbors(train: Sequence[Session], settings: Neighbors) -> Recommender:
    """Products of the most similar sessions."""
    by_item: dict[str, list[int]] = defaultdict(list)
    for number in sorted(range(len(train)), key=lambda number: train[number].ended_at):
        for item in set(train[number].items):
            by_item[item].append(number)
    rarity = {item: log(len(train) / len(numbers)) for item, numbers in by_item.items()}

    def recommend(items: Sequence[str], at: float) -> Scores:
        weights = _weights(items, settings.positions)
        scored = _weights(items, settings.scored_positions)
        scores: dict[str, float] = defaultdict(float)
        for similarity, number in _nearest(train, by_item, weights, at, settings):
            _add(scores, train[number].items, similarity, scored, settings)
        return {item: score * (1 + settings.idf * rarity[item]) for item, score in scores.items()}

    return recommend


def _weights(items: Sequence[str], span: float) -> dict[str, float]:
    """1 for the last product, less for earlier ones."""
    return {item: exp((place - len(items) + 1) / span) for place, item in enumerate(items)}


def _nearest(
    train: Sequence[Session], by_item: Mapping[str, Sequence[int]], weights: Scores, at: float, settings: Neighbors
) -> list[tuple[float, int]]:
    """Similarity and number of the nearest sessions: a cosine of the weights in common, less for older sessions."""
    common: dict[int, float] = defaultdict(float)
    for item, weight in weights.items():
        for number in by_item.get(item, ())[-settings.sample :]:
            common[number] += weight
    latest = nlargest(settings.sample, common, key=lambda number: train[number].ended_at)
    similar = (
        (
            common[number]
            / sqrt(len(weights) * len(set(train[number].items)))
            * exp(-max(at - train[number].ended_at, 0.0) / DAY / settings.days),
            number,
        )
        for number in latest
    )
    return nlargest(settings.k, similar)


def _add(scores: dict[str, float], items: Sequence[str], similarity: float, scored: Scores, settings: Neighbors) -> None:
    """Add a neighbor's products, each by its distance to the product in common that stands last in the current session."""
    places = {item: place for place, item in enumerate(items)}
    shared = max((item for item in places if item in scored), key=lambda item: (scored[item], places[item]))
    for item, place in places.items():
        scores[item] += similarity * scored[shared] * exp(-abs(place - places[shared]) / settings.distance)
