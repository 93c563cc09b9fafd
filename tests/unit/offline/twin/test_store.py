"""State that outlives the server."""

from __future__ import annotations

from pathlib import Path

import pytest

from contracts.errors import PlatformError
from offline.twin.store import Values, state


def test_values_outlive_their_object(tmp_path: Path) -> None:
    values = Values(tmp_path / "state.sqlite")
    values.put("a", {"b": [1, None, "ü"]})
    values.put("a", {"b": [2]})
    # A second connection reads what the first has not closed, as after kill -9
    assert Values(tmp_path / "state.sqlite").get("a") == {"b": [2]}
    assert values.get("missing", "default") == "default"


def test_a_damaged_file_is_named_with_the_remedy(tmp_path: Path) -> None:
    (tmp_path / "state.sqlite").write_bytes(b"no database" * 1000)
    with pytest.raises(PlatformError, match=r"state\.sqlite: the local stack cannot read this file .* move it away"):
        Values(tmp_path / "state.sqlite")


def test_only_the_user_may_read_the_state(tmp_path: Path) -> None:
    state(tmp_path).put("secret", "value")
    files = list(tmp_path.iterdir())
    assert {"state.sqlite", "state.sqlite-wal"} <= {file.name for file in files}
    assert [file.name for file in files if file.stat().st_mode & 0o077] == []
