"""The population stability index by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from model_lib.drift import drifts, psi, reference

VALUES = np.arange(1.0, 101.0)


def test_the_training_data_do_not_drift_from_themselves():
    assert drifts(reference(pd.DataFrame({"a": VALUES})), pd.DataFrame({"a": VALUES})) == {"a": 0.0}


def test_the_index_by_hand():
    # GIVEN ten bins of a tenth each; later all values are in the first half
    expected = reference(pd.DataFrame({"a": VALUES}))["a"]
    # THEN five bins went from .1 to .2, and five from .1 to nothing, which counts as .0001
    by_hand = 5 * 0.1 * np.log(2) + 5 * (0.0001 - 0.1) * np.log(0.0001 / 0.1)
    assert psi(expected, np.tile(VALUES[:50], 2)) == pytest.approx(by_hand)


def test_values_that_become_unknown_are_drift():
    found = drifts(reference(pd.DataFrame({"a": VALUES, "b": VALUES})), pd.DataFrame({"a": VALUES, "b": np.full(100, np.nan)}))
    assert list(found) == ["b", "a"]
    assert found["b"] > 0.25 > found["a"] == 0


def test_a_column_of_equal_or_unknown_values_has_a_reference():
    inputs = pd.DataFrame({"same": np.ones(10), "unknown": np.full(10, np.nan)})
    assert drifts(reference(inputs), inputs) == {"same": 0.0, "unknown": 0.0}
