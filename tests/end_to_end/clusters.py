"""Segments computed independently, with NumPy and scikit-learn."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tests.support.lazy import lazy

pd = lazy("pandas")

if TYPE_CHECKING:
    from sklearn.cluster import KMeans

# By feature: the scale on which customers differ evenly, and the words for high and low values, as in docs/analyses.md.
SCALES = {
    "lifetime_days": (np.log1p, "long-standing", "short-lived"),
    "orders": (np.log1p, "frequent", "rare"),
    "net_amount": (lambda amount: np.log1p(np.maximum(amount, 0)), "high-spending", "low-spending"),
    "price_level": (lambda level: level, "choosing dear", "choosing cheap"),
    "units_per_order": (np.log, "large orders", "small orders"),
}


def points(customers: pd.DataFrame) -> np.ndarray:
    """Each customer's features with mean 0 and standard deviation 1; 0 where all customers are alike."""
    raw = np.column_stack([scale(customers[name].to_numpy(dtype=float)) for name, (scale, *_) in SCALES.items()])
    spread = raw.std(axis=0, ddof=1)
    return (raw - raw.mean(axis=0)) / np.where(spread > 0, spread, np.inf)


def centers(where: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """The mean of each segment, from the first on."""
    return np.array([where[labels == label].mean(axis=0) for label in np.unique(labels)])


def misassigned_share(where: np.ndarray, labels: np.ndarray) -> float:
    """Share of customers closer to another segment's center than to their own."""
    apart = ((where[:, None, :] - centers(where, labels)[None]) ** 2).sum(axis=2)
    return float(np.mean(np.unique(labels)[apart.argmin(axis=1)] != labels))


def inertia(where: np.ndarray, labels: np.ndarray) -> float:
    """Sum of squared distances to the own center."""
    return float(((where - centers(where, labels)[np.searchsorted(np.unique(labels), labels)]) ** 2).sum())


def silhouette(where: np.ndarray, labels: np.ndarray) -> float:
    """With squared distances."""
    from sklearn.metrics import silhouette_score

    return float(silhouette_score(where, labels, metric="sqeuclidean"))


def adjusted_rand(one: np.ndarray, other: np.ndarray) -> float:
    from sklearn.metrics import adjusted_rand_score

    return float(adjusted_rand_score(one, other))


def null_silhouettes(where: np.ndarray, returned: np.ndarray, k: int, *, draws: int = 10) -> tuple[float, float]:
    """The highest silhouette of k-means in normal clouds like the points: in one, and in one for each of the two groups."""
    drawn = np.random.default_rng(1)

    def cloud(part: np.ndarray) -> np.ndarray:
        return drawn.multivariate_normal(part.mean(axis=0), np.cov(part, rowvar=False), len(part), method="svd")

    def highest(parts: list[np.ndarray]) -> float:
        clouds = [np.concatenate([cloud(part) for part in parts if len(part) > 1]) for _ in range(draws)]
        return max(silhouette(points, best_fit(points, k, starts=1).labels_) for points in clouds)

    return highest([where]), highest([where[returned], where[~returned]])


def best_fit(where: np.ndarray, k: int, *, starts: int = 10) -> KMeans:
    """The best of some k-means fits."""
    from sklearn.cluster import KMeans

    return KMeans(k, n_init=starts, random_state=0).fit(where)


def stabilities(where: np.ndarray, k: int, *, resamples: int = 20) -> list[float]:
    """Agreement between the clusters of all customers and those fitted on 80 % of them, sampled without replacement."""
    entire, drawn = best_fit(where, k).labels_, np.random.default_rng(0)
    samples = [drawn.permutation(len(where))[: round(0.8 * len(where))] for _ in range(resamples)]
    return [adjusted_rand(entire, best_fit(where[rows], k, starts=1).predict(where)) for rows in samples]


def name(center: np.ndarray) -> str:
    """The two features in which a center is farthest from the overall mean."""
    words = [words for _, *words in SCALES.values()]
    return ", ".join(words[place][0 if center[place] > 0 else 1] for place in np.argsort(-np.abs(center))[:2])
