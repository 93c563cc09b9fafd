"""Customer segments by k-means (Lloyd 1982; initialized by k-means||, Bahmani et al. 2012).

Distributed: scaling, every k-means run and every silhouette. The driver holds the centers (k numbers per feature), tables of
k x k counts, and the points of at most CUSTOMERS_PER_PARTITION customers for the null clouds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from pyspark.ml.clustering import KMeans, KMeansModel
from pyspark.ml.evaluation import ClusteringEvaluator
from pyspark.ml.feature import StandardScaler, VectorAssembler
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from glue_jobs.algorithms.checkpoints import checkpointed
from glue_jobs.algorithms.segmentation.adjusted_rand import adjusted_rand_index
from glue_jobs.algorithms.segmentation.null_clouds import ONE_CLOUD, NullClouds, null_clouds
from glue_jobs.lib.lake.parallel import map_parallel

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
CUSTOMERS_PER_PARTITION = 20_000
RESAMPLE_SHARE = 0.8  # share of the customers in each resample
HASH_BUCKETS = 1_000_000


@dataclass(frozen=True)
class Settings:
    """`k` None chooses k from `k_min` to `k_max` by silhouette. `starts` is the number of k-means runs; the best one counts."""

    features: tuple[str, ...] = FEATURES
    k: int | None = None
    k_min: int = 2
    k_max: int = 8
    starts: int = 2
    resamples: int = 5
    seed: int = 7

    @property
    def seeds(self) -> range:
        """One seed per start."""
        return range(self.seed, self.seed + self.starts)


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
    points = checkpointed(scaled(features, settings.features).coalesce(1 + customers // CUSTOMERS_PER_PARTITION)).cache()
    # Choosing k and measuring stability take dozens of k-means runs; for many customers a sample is nearly as good.
    sample = points
    if customers > CUSTOMERS_PER_PARTITION:
        sample = checkpointed(
            points.where(_sampled(CUSTOMERS_PER_PARTITION / customers, seed=settings.seed - 1)).coalesce(1)
        ).cache()
    distinct_points = sample.select("point").distinct().limit(max(settings.k or 0, settings.k_max) + 1).count()
    model, silhouette = _best(sample, settings, distinct_points=distinct_points)
    if model is not None and sample is not points:
        model = _fit(points, k=model.getK(), seeds=settings.seeds)
    if model is None:
        labels = features.select("customer_id", F.lit(1).alias("segment"))
        return Segments(labels, {1: "all customers"})
    clusters = checkpointed(model.transform(points).select("customer_id", F.col("prediction").alias("cluster")))
    order = _by_value(features, clusters)
    numbers = F.create_map(*[F.lit(part) for pair in order.items() for part in pair])
    labels = clusters.select("customer_id", numbers[F.col("cluster")].alias("segment"))
    centers = {order[cluster]: list(center) for cluster, center in enumerate(model.clusterCenters()) if cluster in order}
    stabilities = _stabilities(sample, clusters, settings, k=len(order))
    null = _null(sample, k=model.getK(), seed=settings.seed)
    points.unpersist()
    sample.unpersist()
    return Segments(labels, names(centers, settings.features), silhouette, null, stabilities)


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


def _best(points: DataFrame, settings: Settings, *, distinct_points: int) -> tuple[KMeansModel | None, float | None]:
    """The model with the best silhouette over k; None if there are too few distinct points."""
    candidates = [settings.k] if settings.k else range(settings.k_min, settings.k_max + 1)
    possible = [k for k in candidates if 1 < k <= distinct_points - (settings.k is None)]
    evaluated = map_parallel(possible, lambda k: _evaluate(points, settings, k=k))
    if not evaluated:
        return None, None
    return max(evaluated, key=lambda pair: pair[1])


def _evaluate(points: DataFrame, settings: Settings, *, k: int) -> tuple[KMeansModel, float]:
    model = _fit(points, k=k, seeds=settings.seeds)
    evaluator = ClusteringEvaluator(featuresCol="point", predictionCol="prediction")
    return model, float(evaluator.evaluate(model.transform(points)))


def _fit(points: DataFrame, *, k: int, seeds: Sequence[int]) -> KMeansModel:
    """Run k-means once per seed and return the model with the lowest cost."""
    models = [KMeans(featuresCol="point", k=k, seed=seed, maxIter=50).fit(points) for seed in seeds]
    return min(models, key=lambda model: float(model.summary.trainingCost))


def _null(sample: DataFrame, *, k: int, seed: int) -> NullClouds:
    rows = sample.select("point", "returned").orderBy("customer_id").collect()
    return null_clouds(np.array([row.point.toArray() for row in rows]), [row.returned for row in rows], k=k, seed=seed)


def _sampled(share: float, *, seed: int) -> Column:
    """Sample customers by hash, so that the result does not depend on the order of rows."""
    return F.pmod(F.xxhash64("customer_id", F.lit(seed)), F.lit(HASH_BUCKETS)) < share * HASH_BUCKETS


def _by_value(features: DataFrame, clusters: DataFrame) -> dict[int, int]:
    """Segment number by cluster number."""
    value = features.join(clusters, "customer_id").groupBy("cluster").agg(F.avg("net_amount").alias("value"))
    order = [row["cluster"] for row in value.orderBy(F.desc("value"), "cluster").collect()]
    return {cluster: place for place, cluster in enumerate(order, 1)}


def _stabilities(points: DataFrame, clusters: DataFrame, settings: Settings, *, k: int) -> tuple[float, ...]:
    """Adjusted Rand index of the segments against those of each resample, which is drawn without replacement."""

    def agreement(number: int) -> float:
        sample = points.where(_sampled(RESAMPLE_SHARE, seed=settings.seed + number))
        model = _fit(sample, k=k, seeds=settings.seeds)
        both = model.transform(points).join(clusters, "customer_id").groupBy("cluster", "prediction").count().collect()
        return adjusted_rand_index([(row["cluster"], row["prediction"], row["count"]) for row in both])

    return tuple(map_parallel(range(settings.resamples), agreement))
