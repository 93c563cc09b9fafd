"""The trees of a boosted model one by one, so that a change of a few features costs only the trees that split on them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from model_lib.metrics import Floats
from sklearn.ensemble import HistGradientBoostingClassifier


@dataclass(frozen=True)
class Trees:
    """The trees of a classifier with two classes; the sum of their values is the logit, less a constant."""

    trees: Sequence[Any]
    splits: Sequence[frozenset[int]]
    arguments: tuple[Any, ...]

    @classmethod
    def of(cls, classifier: HistGradientBoostingClassifier) -> Trees:
        """scikit-learn has no public access to single trees; a test compares the sums with its predictions."""
        trees = [tree for (tree,) in classifier._predictors]  # noqa: SLF001
        splits = [frozenset(tree.nodes["feature_idx"][tree.nodes["is_leaf"] == 0].tolist()) for tree in trees]
        return cls(trees, splits, classifier._bin_mapper.make_known_categories_bitsets())  # noqa: SLF001

    def using(self, features: Sequence[int]) -> list[int]:
        """The trees that split on one of these columns."""
        return [place for place, own in enumerate(self.splits) if own & set(features)]

    def sums(self, chosen: Sequence[Sequence[int]], inputs: Floats) -> Floats:
        """A row per row of `inputs`, which is in C order, and a column per choice of trees: the sum of their values."""
        result = np.zeros((len(inputs), len(chosen)), order="F")
        for place in sorted({place for own in chosen for place in own}):
            value = self._value(place, inputs)
            for column, own in enumerate(chosen):
                if place in own:
                    result[:, column] += value
        return result

    def _value(self, place: int, inputs: Floats) -> Floats:
        # One thread: the job decides how many processors it uses.
        value: Floats = self.trees[place].predict(inputs, *self.arguments, 1)
        return value
