"""The pipelines of the models as data. Without the CDK: the stack deploys them, and `shoplake train` runs them locally."""

from __future__ import annotations

from stacks.pipelines.definition import PIPELINES, definition
from stacks.pipelines.jobs import Places
from stacks.pipelines.names import model_name
from stacks.pipelines.scoring import scoring_items, scoring_job

__all__ = ["PIPELINES", "Places", "definition", "model_name", "scoring_items", "scoring_job"]
