"""Load scores of models into curated: which customers are likely to leave, and which orders, sessions and customers are unusual.

Figures for CloudWatch: `drift` is the largest population stability index of the newest scores; `shortfall` is how far the ROC
AUC of the newest churn scores with known outcomes lies below what the test data promised (negative if it does not).

Runs as a Glue job, or offline with the same arguments; see `--help`. It reads the files that scoring wrote (their layout is in
glue_jobs/lib/lake/score_files.py), every day of them, with the newest version of each. The SELECTs are in glue_jobs/scores.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from functools import reduce
from importlib import resources
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from contracts import load
from contracts.errors import SourceError
from glue_jobs.lib.curated.analysis import Analysis, AnalysisInput, of_source, perform
from glue_jobs.lib.curated.table_writer import BuildResult
from glue_jobs.lib.lake.context import Lake
from glue_jobs.lib.lake.damage import DamagedFileError
from glue_jobs.lib.lake.job_metrics import emit_metrics
from glue_jobs.lib.lake.listing import StoredFile
from glue_jobs.lib.lake.parallel import STORAGE_THREADS, map_parallel
from glue_jobs.lib.lake.score_files import CHECKS, ENTITIES, MIN_OUTCOMES, SCORES, TABLES, ScoreFile, score_file, scores_of

UNUSUAL = {
    "customer_id": "string",
    "anomaly_score": "double",
    "rank": "bigint",
    "is_alert": "boolean",
    "reasons": "array<string>",
}
# What is read of a file, by model. The rest of a row comes from the file's place and from facts.
COLUMNS = {
    "churn": {
        "customer_id": "string",
        "horizon_days": "int",
        "churn_probability": "double",
        "decile": "int",
        "reasons": "array<string>",
    },
    "anomaly": {"order_id": "string", **UNUSUAL},
    "session_anomaly": {"session_id": "string", "started_at": "timestamp", **UNUSUAL},
    "customer_anomaly": UNUSUAL,
}
PLACE = {"as_of": "date", "version": "int", "source": "string"}


def compute(data: AnalysisInput) -> Mapping[str, DataFrame]:
    """The scores of each model that has scored the source. SourceError or DamagedFileError name a file that is no scores."""
    parts: dict[str, list[DataFrame]] = {}
    for model, table in TABLES.items():
        files = _newest(data.lake, model, data.source)
        if files:
            scored = _scored(data.lake, model, data.source, files)
            parts.setdefault(table, []).append(_with_entity(scored, model))
            _add_figures(data, files, scored if model == "churn" else None)
    tables = {}
    for table, frames in parts.items():
        sql = (resources.files("glue_jobs") / "scores" / f"{table}.sql").read_text(encoding="utf-8")
        rows = data.lake.select(
            sql, {"scored": reduce(DataFrame.unionByName, frames), **data.tables}, where=f"scores/{table}.sql"
        )
        tables[table] = of_source(rows, data.source).select(*load(table).names)
    return tables


def _with_entity(scored: DataFrame, model: str) -> DataFrame:
    """What was judged as `entity` and `entity_id`, so that orders, sessions and customers are rows of one table."""
    if model not in ENTITIES:
        return scored
    entity = ENTITIES[model]
    time = F.col("started_at") if entity == "session" else F.lit(None).cast("timestamp")
    columns = [name for name in (*UNUSUAL, *PLACE) if name in scored.columns]
    named = (F.lit(entity).alias("entity"), F.col(f"{entity}_id").alias("entity_id"), time.alias("started_at"))
    return scored.select(*named, *columns)


def _add_figures(data: AnalysisInput, files: Mapping[date, str], churn: DataFrame | None) -> None:
    """Adds the drift of the newest day, and the shortfall of the newest `churn` scores with enough outcomes."""
    found = _checks(data.lake, files[max(files)]).get("drift", {}).values()
    if found:
        data.figures["drift"] = max([*found, data.figures.get("drift", 0.0)])
    if churn is None:
        return
    sql = (resources.files("glue_jobs") / "scores" / "ranking.sql").read_text(encoding="utf-8")
    ranked = data.lake.select(sql, {"scored": churn, **data.tables}, where="scores/ranking.sql")
    for row in ranked.where(f"outcomes >= {MIN_OUTCOMES}").orderBy("as_of", ascending=False).limit(1).collect():
        promised = _checks(data.lake, files[row["as_of"]]).get("least_roc_auc")
        if promised is not None:
            data.figures["shortfall"] = round(promised - row["roc_auc"], 4)


def _checks(lake: Lake, uri: str) -> dict[str, Any]:
    """What scoring wrote next to a file of scores; empty for files of earlier releases."""
    place = f"{uri.rpartition('/')[0]}/{CHECKS}"
    return dict(json.loads(lake.storage.read_text(place))) if lake.storage.exists(place) else {}


def score_files(lake: Lake, source: str) -> Sequence[StoredFile]:
    """All files of scores of a source."""
    return [file for model in TABLES for file in _files(lake, model, source)]


def _newest(lake: Lake, model: str, source: str) -> Mapping[date, str]:
    """The file of the newest version of each day."""
    newest: dict[date, tuple[int, str]] = {}
    for uri, place in _places(lake, model, source):
        newest[place.as_of] = max(newest.get(place.as_of, (0, "")), (place.version, uri))
    return {day: uri for day, (_, uri) in newest.items()}


def _scored(lake: Lake, model: str, source: str, uris: Mapping[date, str]) -> DataFrame:
    """The rows of these files."""
    _check(lake, model, source, uris)
    schema = ", ".join(f"{name} {kind}" for name, kind in {**COLUMNS[model], **PLACE}.items())
    return lake.spark.read.schema(schema).option("basePath", f"{lake.curated}/{SCORES}/{model}").parquet(*uris.values())


def _places(lake: Lake, model: str, source: str) -> Iterator[tuple[str, ScoreFile]]:
    """Each file's URI with its day and version. SourceError for a file that does not lie where scoring writes."""
    root = f"{lake.curated}/{scores_of(model, source)}/"
    for file in _files(lake, model, source):
        place = score_file(file.uri.removeprefix(root))
        if place is None:
            raise SourceError(
                f"{file.uri}: is no file of scores; expected as_of=YYYY-MM-DD/version=NUMBER/scores.parquet below {root}; "
                "move or delete it."
            )
        yield file.uri, place


def _check(lake: Lake, model: str, source: str, files: Mapping[date, str]) -> None:
    """SourceError or DamagedFileError for the first of these files that cannot be read or was not written by scoring."""
    names = map_parallel(files.values(), lake.storage.column_names, threads=STORAGE_THREADS)
    for (day, uri), held in zip(files.items(), names, strict=True):
        if held is None:
            raise DamagedFileError(uri)
        if missing := [name for name in COLUMNS[model] if name not in held]:
            raise SourceError(
                f"{uri}: has no column {missing[0]}, so it is not what scoring with {model} writes; delete it, then score "
                f"{source} again with `shoplake score {model} --source {source} --as-of {day}`."
            )


def _files(lake: Lake, model: str, source: str) -> Sequence[StoredFile]:
    return lake.storage.files(f"{lake.curated}/{scores_of(model, source)}", pattern="*.parquet")


ANALYSIS = Analysis(job="scores", compute=compute, files=score_files)


def main(argv: Sequence[str]) -> list[BuildResult]:
    """Load the scores of one source or all. Returns what was built. Raises LakeError for a file that is no scores."""
    return perform(ANALYSIS, argv, description=__doc__ or "")


if __name__ == "__main__":
    emit_metrics("scores", main, sys.argv[1:])
