"""SageMaker: the versions of the lake's models, as the model registry lists them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from moto.sagemaker.models import SageMakerModelBackend

from offline.twin.service import Service, Setup
from offline.twin.services.sagemaker.versions import show

# What reads groups and versions.
READING = ("list_model_package_groups", "describe_model_package_group", "list_model_packages", "describe_model_package")


class SageMaker(Service):
    title = "SageMaker"
    adds = (
        "Groups and model packages `local-<model>-<source>` are the versions that `shoplake models` lists, read at each call.",
    )
    leaves_out = (
        "Jobs and pipelines do not run: `shoplake train` and `shoplake score` run the same scripts as processes.",
        "An approval through the API is gone at the next call; `shoplake models approve` checks the files and keeps it.",
    )

    def install(self, setup: Setup) -> None:
        models = setup.lake / "models"
        for name in READING:
            setattr(
                SageMakerModelBackend, name, _after(lambda backend: show(models, backend), getattr(SageMakerModelBackend, name))
            )


def _after(first: Callable[[Any], None], operation: Callable[..., Any]) -> Callable[..., Any]:
    """The operation, before which `first` is called with the backend."""

    def called(backend: Any, *args: Any, **named: Any) -> Any:
        first(backend)
        return operation(backend, *args, **named)

    return called
