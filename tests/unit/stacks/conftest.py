"""The app as it is synthesized, once per variant and test process."""

from __future__ import annotations

import json
from typing import Any

import pytest

from stacks.config import LakeConfig
from tests.support.deployments import Deployment, Synthesize, deploy

VARIANTS = [(env, networking) for env in ("dev", "prod") for networking in ("none", "private")]


@pytest.fixture(scope="session")
def synthesize(tmp_path_factory: pytest.TempPathFactory) -> Synthesize:
    """The deployment of these settings; those asked for before are not made again."""
    made: dict[str, Deployment] = {}

    def deployment(env: str = "dev", **overrides: Any) -> Deployment:
        key = json.dumps([env, overrides], sort_keys=True)
        if key not in made:
            config = LakeConfig.load(env=env, overrides=overrides)
            made[key] = deploy(config, tmp_path_factory.mktemp("cdk.out"))
        return made[key]

    return deployment


@pytest.fixture(scope="session")
def dev(synthesize: Synthesize) -> Deployment:
    """What `cdk deploy` makes without any setting."""
    return synthesize()


@pytest.fixture(scope="session", params=VARIANTS, ids=["-".join(variant) for variant in VARIANTS])
def variant(request: pytest.FixtureRequest, synthesize: Synthesize) -> Deployment:
    """Each of dev and prod, without and with a network of its own."""
    env, networking = request.param
    return synthesize(env, networking=networking)
