"""Groups of customers found by k-means (Lloyd 1982; started by k-means||, Bahmani et al. 2012).

Distributed: scaling, every k-means and every silhouette. The driver holds the centers, k numbers a feature, and tables of k x k
counts; never a row per customer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pyspark.ml.clustering import KMeans, KMeansModel
from pyspark.ml.evaluation import ClusteringEvaluator
from pyspark.ml.feature import StandardScaler, VectorAssembler
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from glue_jobs.algorithms.checkpoints import checkpointed
from glue_jobs.algorithms.segmentation.adjusted_rand import adjusted_rand_index
from glue_jobs.lib.lake.parallel import map_parallel

# Each feature on the scale on which customers differ evenly, and the words for much and little of it.
SCALES = {
    "recency_days": ("ln(1 + {0})", "long gone", "recent"),
    "lifetime_days": ("ln(1 + {0})", "long-standing", "short-lived"),
    "orders": ("ln(1 + {0})", "frequent", "rare"),
    "net_amount": ("ln(1 + greatest({0}, 0))", "high-spending", "low-spending"),
    "price_level": ("{0}", "choosing dear", "choosing cheap"),
    "units_per_order": ("ln({0})", "large orders", "small orders"),
    "orders_per_session": ("ln({0})", "decided", "browsing"),
}
# Recency is left out: who bought lately says when someone came by, and would part every group in two.
FEATURES = ("lifetime_days", "orders", "net_amount", "price_level", "units_per_order")
A_PARTITION = 20_000  # customers
RESAMPLED = 0.8  # share of the customers in each resample
DRAWS = 1_000_000


@dataclass(frozen=True)
class Settings:
    """`k` None to choose it between `k_min` and `k_max` by silhouette; `starts` k-means of which the tightest counts."""

    features: tuple[str, ...] = FEATURES
    k: int | None = None
    k_min: int = 2
    k_max: int = 8
    starts: int = 2
    resamples: int = 5
    seed: int = 7

    @property
    def seeds(self) -> range:
        """One a start."""
        return range(self.seed, self.seed + self.starts)


@dataclass(frozen=True)
class Segments:
    """`labels` has customer_id and segment. Silhouette and stabilities (one a resample) are None and empty for one segment."""

    labels: DataFrame
    names: Mapping[int, str]
    silhouette: float | None
    stabilities: tuple[float, ...]


def find(features: DataFrame, settings: Settings) -> Segments:
    """Segments of the customers of `customer_features`, numbered from the highest net_amount per customer to the lowest."""
    # Every k-means is dozens of passes over the points: few large partitions, held in memory.
    customers = features.count()
    points = checkpointed(scaled(features, settings.features).coalesce(1 + customers // A_PARTITION)).cache()
    # k and stability take dozens of k-means; of many customers a part tells them nearly as well.
    some = points
    if customers > A_PARTITION:
        some = checkpointed(points.where(_drawn(A_PARTITION / customers, seed=settings.seed - 1)).coalesce(1)).cache()
    different = some.select("point").distinct().limit(max(settings.k or 0, settings.k_max) + 1).count()
    model, silhouette = _best(some, settings, different=different)
    if model is not None and some is not points:
        model = _fit(points, k=model.getK(), seeds=settings.seeds)
    if model is None:
        labels = features.select("customer_id", F.lit(1).alias("segment"))
        return Segments(labels, {1: "all customers"}, None, ())
    found = checkpointed(model.transform(points).select("customer_id", F.col("prediction").alias("cluster")))
    order = _by_value(features, found)
    numbers = F.create_map(*[F.lit(part) for pair in order.items() for part in pair])
    labels = found.select("customer_id", numbers[F.col("cluster")].alias("segment"))
    centers = {order[cluster]: list(center) for cluster, center in enumerate(model.clusterCenters()) if cluster in order}
    stabilities = _stabilities(some, found, settings, k=len(order))
    points.unpersist()
    some.unpersist()
    return Segments(labels, names(centers, settings.features), silhouette, stabilities)


def scaled(features: DataFrame, chosen: Sequence[str]) -> DataFrame:
    """customer_id and `point`: the chosen features on their scales, each with mean 0 and standard deviation 1 (0 if constant)."""
    numbers = [F.expr(SCALES[name][0].format(f"cast({name} as double)")).alias(name) for name in chosen]
    gathered = VectorAssembler(inputCols=list(chosen), outputCol="raw").transform(features.select("customer_id", *numbers))
    scaler = StandardScaler(inputCol="raw", outputCol="point", withMean=True, withStd=True).fit(gathered)
    return scaler.transform(gathered).select("customer_id", "point")


def names(centers: Mapping[int, Sequence[float]], features: Sequence[str]) -> dict[int, str]:
    """The two features in which each center is farthest from the mean of all, in words; equal names are numbered."""
    named: dict[int, str] = {}
    for segment, center in sorted(centers.items()):
        far = sorted(range(len(features)), key=lambda place: -abs(center[place]))[:2]
        words = [SCALES[features[place]][1 if center[place] > 0 else 2] for place in far if abs(center[place]) > 1e-9]
        name = ", ".join(words)
        named[segment] = f"{name} ({segment})" if name in named.values() else name
    return named


def _best(points: DataFrame, settings: Settings, *, different: int) -> tuple[KMeansModel | None, float | None]:
    """The tightest model of the k with the best silhouette; None where there are too few different points for groups."""
    wanted = [settings.k] if settings.k else range(settings.k_min, settings.k_max + 1)
    possible = [k for k in wanted if 1 < k <= different - (settings.k is None)]
    tried = map_parallel(possible, lambda k: _judged(points, settings, k=k))
    if not tried:
        return None, None
    return max(tried, key=lambda pair: pair[1])


def _judged(points: DataFrame, settings: Settings, *, k: int) -> tuple[KMeansModel, float]:
    model = _fit(points, k=k, seeds=settings.seeds)
    judge = ClusteringEvaluator(featuresCol="point", predictionCol="prediction")
    return model, float(judge.evaluate(model.transform(points)))


def _fit(points: DataFrame, *, k: int, seeds: Sequence[int]) -> KMeansModel:
    """The tightest of one k-means a seed."""
    made = [KMeans(featuresCol="point", k=k, seed=seed, maxIter=50).fit(points) for seed in seeds]
    return min(made, key=lambda model: float(model.summary.trainingCost))


def _drawn(share: float, *, seed: int) -> Column:
    """A draw by customer, so that it is the same however the rows lie."""
    return F.pmod(F.xxhash64("customer_id", F.lit(seed)), F.lit(DRAWS)) < share * DRAWS


def _by_value(features: DataFrame, found: DataFrame) -> dict[int, int]:
    """Segment number by cluster number."""
    value = features.join(found, "customer_id").groupBy("cluster").agg(F.avg("net_amount").alias("value"))
    order = [row["cluster"] for row in value.orderBy(F.desc("value"), "cluster").collect()]
    return {cluster: place for place, cluster in enumerate(order, 1)}


def _stabilities(points: DataFrame, found: DataFrame, settings: Settings, *, k: int) -> tuple[float, ...]:
    """Agreement of the segments with those that each resample, drawn without replacement, gives to all customers."""

    def agreement(number: int) -> float:
        sample = points.where(_drawn(RESAMPLED, seed=settings.seed + number))
        model = _fit(sample, k=k, seeds=settings.seeds)
        both = model.transform(points).join(found, "customer_id").groupBy("cluster", "prediction").count().collect()
        return adjusted_rand_index([(row["cluster"], row["prediction"], row["count"]) for row in both])

    return tuple(map_parallel(range(settings.resamples), agreement))


def profile(customers: DataFrame, segments: Segments) -> DataFrame:
    """segment_profile but for its source, from the columns of customer_segments."""
    means = ("recency_days", "lifetime_days", "price_level", "units_per_order", "orders_per_session")
    sums = customers.groupBy("segment", "segment_name", "as_of").agg(
        F.count("*").alias("customers"),
        F.sum("orders").alias("orders"),
        F.sum("net_amount").cast("decimal(18,4)").alias("net_amount"),
        *[F.avg(name).alias(name) for name in means],
    )
    every = customers.agg(F.count("*").alias("all_customers"), F.sum("net_amount").alias("all_amount"))
    figures = segments.stabilities
    stability = [sum(figures) / len(figures), min(figures), max(figures)] if figures else [None, None, None]
    return sums.crossJoin(F.broadcast(every)).select(
        "segment",
        "segment_name",
        "customers",
        (F.col("customers") / F.col("all_customers")).alias("customer_share"),
        "orders",
        "net_amount",
        F.expr("cast(net_amount as double) / nullif(cast(all_amount as double), 0)").alias("net_amount_share"),
        (F.col("orders") / F.col("customers")).alias("orders_per_customer"),
        (F.col("net_amount") / F.col("customers")).cast("decimal(18,4)").alias("net_amount_per_customer"),
        (F.col("net_amount") / F.col("orders")).cast("decimal(18,4)").alias("net_amount_per_order"),
        *means,
        F.lit(len(segments.names)).alias("segments"),
        F.lit(segments.silhouette).cast("double").alias("silhouette"),
        *[
            F.lit(figure).cast("double").alias(name)
            for name, figure in zip(("stability", "stability_low", "stability_high"), stability, strict=True)
        ],
        "as_of",
    )
