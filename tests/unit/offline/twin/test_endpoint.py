"""Clients of the local stack do not depend on the user's AWS settings."""

from __future__ import annotations

import pytest

from offline.twin import endpoint


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("AWS_PROFILE", "nosuch"),
        ("AWS_DEFAULT_PROFILE", "nosuch"),
        ("AWS_CONFIG_FILE", "broken"),
        ("AWS_SHARED_CREDENTIALS_FILE", "broken"),
    ],
)
def test_a_client_ignores_the_users_profile_and_files(tmp_path, monkeypatch, variable, value):
    # GIVEN an AWS profile that does not exist, or an AWS file that cannot be parsed
    (tmp_path / "broken").write_text("[[[ no ini\n= x")
    monkeypatch.setenv(variable, str(tmp_path / value) if value == "broken" else value)
    monkeypatch.setattr(endpoint, "_session", endpoint._session.__wrapped__)
    # WHEN
    glue = endpoint._client.__wrapped__("glue", endpoint.Endpoint(5000, "key", "secret"))
    # THEN it is a client of the local stack
    assert glue.meta.endpoint_url == "http://127.0.0.1:5000"
    assert glue.meta.region_name == "us-east-1"
    assert glue._request_signer._credentials.access_key == "key"
