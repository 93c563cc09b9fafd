"""The synthesized app, once per variant and test process."""

from __future__ import annotations

import json
from typing import Any

import pytest

from stacks.config import LakeConfig
from tests.support.deployments import Deployment, Synthesize, deploy

VARIANTS = [(env, networking) for env in ("dev", "prod") for networking in ("none", "private")]


@pytest.fixture(scope="session")
def synthesize(tmp_path_factory: pytest.TempPathFactory) -> Synthesize:
    """The deployment with these settings, cached."""
    cache: dict[str, Deployment] = {}

    def deployment(env: str = "dev", **overrides: Any) -> Deployment:
        key = json.dumps([env, overrides], sort_keys=True)
        if key not in cache:
            config = LakeConfig.load(env=env, overrides=overrides)
            cache[key] = deploy(config, tmp_path_factory.mktemp("cdk.out"))
        return cache[key]

    return deployment


@pytest.fixture(scope="session")
def dev(synthesize: Synthesize) -> Deployment:
    """`cdk deploy` without any setting."""
    return synthesize()


@pytest.fixture(scope="session", params=VARIANTS, ids=["-".join(variant) for variant in VARIANTS])
def variant(request: pytest.FixtureRequest, synthesize: Synthesize) -> Deployment:
    """Dev and prod, each without and with a private network."""
    env, networking = request.param
    return synthesize(env, networking=networking)
