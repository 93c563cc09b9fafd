"""The synthesized app, once per variant as long as nothing that it reads has changed."""

from __future__ import annotations

from typing import Any

import pytest

from stacks.config import LakeConfig
from tests.support.deployments import Deployment, Deployments, Synthesize, Templates
from tests.support.lake_cache import LakeCache

VARIANTS = [(env, networking) for env in ("dev", "prod") for networking in ("none", "private")]


@pytest.fixture(scope="session")
def deployments(lake_cache: LakeCache) -> Deployments:
    return Deployments(lake_cache)


@pytest.fixture(scope="session")
def synthesize(deployments: Deployments) -> Synthesize:
    """The deployment with these settings."""

    def deployment(env: str = "dev", **overrides: Any) -> Deployment:
        return deployments.of(LakeConfig.load(env=env, overrides=overrides))

    return deployment


@pytest.fixture(scope="session")
def templates(deployments: Deployments) -> Templates:
    """Stands for `stacks.synthesized.templates`."""
    return deployments.templates


@pytest.fixture(scope="session")
def dev(synthesize: Synthesize) -> Deployment:
    """`cdk deploy` without any setting."""
    return synthesize()


@pytest.fixture(scope="session", params=VARIANTS, ids=["-".join(variant) for variant in VARIANTS])
def variant(request: pytest.FixtureRequest, synthesize: Synthesize) -> Deployment:
    """Dev and prod, each without and with a private network."""
    env, networking = request.param
    return synthesize(env, networking=networking)
