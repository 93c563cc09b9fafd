"""The charges of the models: SageMaker bills the time of jobs, from the start of the instance on."""

from __future__ import annotations

from collections.abc import Iterator

from stacks.cost.model import Charge, Load, Resource, assume, priced

# Inject, Prepare and Evaluate; churn injects nothing, which is a cent less.
PROCESSING_STEPS = 3


@priced("AWS::SageMaker::Pipeline")
def pipeline(_resource: Resource, load: Load) -> Iterator[Charge]:
    trainings = assume("trainings_per_month") if load.runs else 0
    training, processing = assume("training_minutes"), assume("processing_minutes")
    yield Charge("model training", trainings * training / 60, f"{trainings:.0f} trainings × {training:.0f} minutes")
    jobs = trainings * PROCESSING_STEPS
    yield Charge("model processing", jobs * processing / 60, f"{jobs:.0f} jobs × {processing:.0f} minutes")


@priced("AWS::SageMaker::ModelPackageGroup")
def versions(_resource: Resource, load: Load) -> Iterator[Charge]:
    """Versions are free; each night the approved one scores."""
    minutes = assume("processing_minutes")
    yield Charge("model processing", load.runs * minutes / 60, f"{load.runs:.0f} nights × {minutes:.0f} minutes")
