"""Customer segments by k-means (Lloyd 1982; initialized by k-means||, Bahmani et al. 2012).

Distributed: scaling, and the k-means runs over all customers. The driver holds the points of a sample of SAMPLE customers. It
decides on the number of segments, measures how stable they are, and draws the null clouds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from pyspark.ml.clustering import KMeans, KMeansModel
from pyspark.ml.feature import StandardScaler, VectorAssembler
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from glue_jobs.algorithms.checkpoints import checkpointed
from glue_jobs.algorithms.segmentation.adjusted_rand import adjusted_rand_index
from glue_jobs.algorithms.segmentation.kmeans import Floats, Ints, fit, nearest
from glue_jobs.algorithms.segmentation.null_clouds import ONE_CLOUD, NullClouds, null_clouds, squared_silhouette

# The transformation that spreads customers evenly, and the words for high and low values.
SCALES = {
    "recency_days": ("ln(1 + {0})", "long gone", "recent"),
    "lifetime_days": ("ln(1 + {0})", "long-standing", "short-lived"),
    "orders": ("ln(1 + {0})", "frequent", "rare"),
    "net_amount": ("ln(1 + greatest({0}, 0))", "high-spending", "low-spending"),
    "price_level": ("{0}", "choosing dear", "choosing cheap"),
    "units_per_order": ("ln({0})", "large orders", "small orders"),
    "orders_per_session": ("ln({0})", "decided", "browsing"),
}
# Without recency: it shows when customers last came, and would split every group in two.
FEATURES = ("lifetime_days", "orders", "net_amount", "price_level", "units_per_order")
SAMPLE = 20_000
RESAMPLE_SHARE = 0.8  # share of the customers in each resample
HASH_BUCKETS = 1_000_000


@dataclass(frozen=True)
class Settings:
    """`k` None chooses k from `k_min` to `k_max` by silhouette. `starts` is the number of k-means runs; the best one counts."""

    features: tuple[str, ...] = FEATURES
    k: int | None = None
    k_min: int = 2
    k_max: int = 8
    starts: int = 3
    resamples: int = 5
    seed: int = 7

    @property
    def seeds(self) -> range:
        """One seed per start."""
        return range(self.seed, self.seed + self.starts)


@dataclass(frozen=True)
class Sample:
    """`points` has a row per customer, and `returned` says who ordered more than once."""

    points: Floats
    returned: Sequence[bool]


@dataclass(frozen=True)
class Segments:
    """`labels` has customer_id and segment. For one segment, silhouette and null are None, `stabilities` (per resample) empty."""

    labels: DataFrame
    names: Mapping[int, str]
    silhouette: float | None = None
    null: NullClouds | None = None
    stabilities: tuple[float, ...] = ()

    @property
    def stability(self) -> float | None:
        """The mean over the resamples."""
        return sum(self.stabilities) / len(self.stabilities) if self.stabilities else None

    @property
    def finding(self) -> str:
        """Whether these are groups, or how k-means splits customers without any; see null_clouds."""
        return ONE_CLOUD if self.null is None or self.silhouette is None else self.null.finding(self.silhouette)


def find_segments(features: DataFrame, settings: Settings) -> Segments:
    """Segments of the customers of `customer_features`, numbered by net_amount per customer, highest first."""
    # k-means passes over the points dozens of times: few large partitions, held in memory.
    customers = features.count()
    points = checkpointed(scaled(features, settings.features).coalesce(1 + customers // SAMPLE)).cache()
    # For many customers a sample is nearly as good at showing how many segments there are, and how stable.
    sample = _collected(points if customers <= SAMPLE else points.where(_sampled(SAMPLE / customers, seed=settings.seed)))
    k = _best_k(sample.points, settings)
    if k is None:
        points.unpersist()
        return Segments(features.select("customer_id", F.lit(1).alias("segment")), {1: "all customers"})
    model = _fit(points, k=k, seeds=settings.seeds)
    clusters = checkpointed(model.transform(points).select("customer_id", F.col("prediction").alias("cluster")))
    points.unpersist()
    order = _by_value(features, clusters)
    numbers = F.create_map(*[F.lit(part) for pair in order.items() for part in pair])
    labels = clusters.select("customer_id", numbers[F.col("cluster")].alias("segment"))
    centers = np.array(model.clusterCenters())
    named = names({number: centers[cluster].tolist() for cluster, number in order.items()}, settings.features)
    found = nearest(sample.points, centers).labels
    null = null_clouds(sample.points, sample.returned, k=k, seed=settings.seed)
    return Segments(labels, named, squared_silhouette(sample.points, found), null, _stabilities(sample.points, found, settings))


def scaled(features: DataFrame, chosen: Sequence[str]) -> DataFrame:
    """customer_id, `returned` (ordered more than once) and `point`: the chosen features, transformed and standardized.

    The mean of each is 0 and its deviation 1 (0 if constant).
    """
    returned = (F.col("orders") > 1).alias("returned")
    numbers = [F.expr(SCALES[name][0].format(f"cast({name} as double)")).alias(name) for name in chosen]
    gathered = VectorAssembler(inputCols=list(chosen), outputCol="raw").transform(
        features.select("customer_id", returned, *numbers)
    )
    scaler = StandardScaler(inputCol="raw", outputCol="point", withMean=True, withStd=True).fit(gathered)
    return scaler.transform(gathered).select("customer_id", "returned", "point")


def names(centers: Mapping[int, Sequence[float]], features: Sequence[str]) -> dict[int, str]:
    """Name each center by the two features in which it is farthest from the overall mean. Equal names get a number."""
    named: dict[int, str] = {}
    for segment, center in sorted(centers.items()):
        far = sorted(range(len(features)), key=lambda place: -abs(center[place]))[:2]
        words = [SCALES[features[place]][1 if center[place] > 0 else 2] for place in far if abs(center[place]) > 1e-9]
        name = ", ".join(words)
        named[segment] = f"{name} ({segment})" if name in named.values() else name
    return named


def _collected(points: DataFrame) -> Sample:
    """In an order that does not depend on that of the rows."""
    rows = points.select("point", "returned").orderBy("customer_id").collect()
    return Sample(np.array([row.point.toArray() for row in rows]), [row.returned for row in rows])


def _best_k(points: Floats, settings: Settings) -> int | None:
    """The number of clusters with the best silhouette; None if there are too few distinct points."""
    distinct = len(np.unique(points, axis=0))
    candidates = [settings.k] if settings.k else range(settings.k_min, settings.k_max + 1)
    possible = [k for k in candidates if 1 < k <= distinct - (settings.k is None)]
    random = np.random.default_rng(settings.seed)

    def silhouette(k: int) -> float:
        return squared_silhouette(points, fit(points, k, random, starts=settings.starts).labels)

    return max(possible, key=silhouette, default=None)


def _fit(points: DataFrame, *, k: int, seeds: Sequence[int]) -> KMeansModel:
    """Run k-means once per seed and return the model with the lowest cost."""
    models = [KMeans(featuresCol="point", k=k, seed=seed, maxIter=50).fit(points) for seed in seeds]
    return min(models, key=lambda model: float(model.summary.trainingCost))


def _sampled(share: float, *, seed: int) -> Column:
    """Sample customers by hash, so that the result does not depend on the order of rows."""
    return F.pmod(F.xxhash64("customer_id", F.lit(seed)), F.lit(HASH_BUCKETS)) < share * HASH_BUCKETS


def _by_value(features: DataFrame, clusters: DataFrame) -> dict[int, int]:
    """Segment number by cluster number."""
    value = features.join(clusters, "customer_id").groupBy("cluster").agg(F.avg("net_amount").alias("value"))
    order = [row["cluster"] for row in value.orderBy(F.desc("value"), "cluster").collect()]
    return {cluster: place for place, cluster in enumerate(order, 1)}


def _stabilities(points: Floats, labels: Ints, settings: Settings) -> tuple[float, ...]:
    """Adjusted Rand index of the segments against those of each resample, which is drawn without replacement."""
    random = np.random.default_rng(settings.seed)
    k, size = len(np.unique(labels)), round(RESAMPLE_SHARE * len(points))

    def agreement() -> float:
        resample = points[random.permutation(len(points))[:size]]
        centers = fit(resample, k, random, starts=settings.starts).centers
        return adjusted_rand_index(labels, nearest(points, centers).labels)

    return tuple(agreement() for _ in range(settings.resamples))
