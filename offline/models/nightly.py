"""Scoring as part of the batch: each approved version scores its source after the source's marts were built."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from contracts.errors import LakeError
from offline.lake.local_lake import LocalLake
from offline.models.registry import Registry, Version


@dataclass
class Night:
    """What was scored: a sentence per version, the sources with new scores, and the errors of versions that did not score."""

    sentences: list[str] = field(default_factory=list)
    sources: list[str] = field(default_factory=list)
    errors: list[LakeError] = field(default_factory=list)


def score_night(lake: LocalLake, changed: Mapping[str, bool]) -> Night:
    """Scores with the newest approved version of each model and source.

    `changed` are the sources of the batch and whether their marts were built. A source without changes is scored only by a
    version that has not scored it yet.
    """
    night = Night()
    for version in Registry(lake.root / "models").newest_approved():
        source = version.name.split("/")[1]
        if source not in changed:
            continue
        try:
            if changed[source] or not _has_scored(lake, version):
                night.sentences.append(_score(lake, version))
                night.sources = [*dict.fromkeys([*night.sources, source])]
        except LakeError as error:
            night.errors.append(error)
    return night


def _has_scored(lake: LocalLake, version: Version) -> bool:
    from offline.models.jobs import scores_folder  # noqa: PLC0415 - pandas is slow to import

    model, source, number = version.name.split("/")
    return any(scores_folder(lake, model, source).glob(f"as_of=*/version={number}"))


def _score(lake: LocalLake, version: Version) -> str:
    from offline.models.jobs import score, score_files  # noqa: PLC0415 - pandas is slow to import
    from offline.models.monitoring import check_model  # noqa: PLC0415

    model, source, _ = version.name.split("/")
    _, scores = score(lake, model, source, as_of=None)
    day = score_files(lake, version)[-1].parents[1].name.removeprefix("as_of=")
    _, checks = check_model(lake, model, source)
    reasons = [check.reason for check in checks if check.reason]
    verdict = (
        f"train again: {'; '.join(reasons)}" if reasons else f"no reason to train again ({checks[0].name}: {checks[0].figure})"
    )
    what = f"{scores.columns[0].removesuffix('_id')}s scored as of {day}"
    if "is_alert" in scores:
        what += f", {int(scores['is_alert'].sum()):,} of them unusual enough to review"
    return f"{version.name}: {len(scores):,} {what}; {verdict}."
