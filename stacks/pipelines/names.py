"""The names of groups and pipelines."""

from __future__ import annotations


def model_name(prefix: str, model: str, source: str) -> str:
    """The name of the group and the pipeline of a model and a source: shoplake-dev-churn-my-shop, without underscores."""
    return f"{prefix}-{model}-{source}".replace("_", "-")
