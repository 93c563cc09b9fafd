"""The settings of the web dashboard on AWS."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from stacks.settings import setting

RESERVED_BY_COGNITO = ("amazon", "aws", "cognito")  # in the domain of its pages, which has the deployment's name


@dataclass(frozen=True, slots=True, kw_only=True)
class Dashboard:
    """The web dashboard on AWS, for people with an account in its Cognito user pool."""

    enabled: bool = setting(default=False)
    memory_mb: int = setting(1769, least=512, most=10_240)  # Lambda gives one processor at 1,769 MB
    concurrency: int = setting(0, least=0, most=1_000)  # reserved; 0 reserves none
    session_minutes: int = setting(60, least=5, most=1_440)  # for so long a removed user may stay
    scan_limit_gb: int = setting(10, least=1, most=10_000)  # per query
    requests_per_second: int = setting(50, least=1, most=10_000)
    waf: bool = setting(default=False)  # in front of the sign-in pages


def dashboard_problems(dashboard: Dashboard, name: str) -> Iterator[str]:
    """Settings that are valid one by one but not together."""
    reserved = next((word for word in RESERVED_BY_COGNITO if word in name), None)
    if dashboard.enabled and reserved:
        yield (
            f"name is {name}, but dashboard.enabled is true, and Cognito refuses a domain with {reserved} in it; choose another "
            "name, or set `dashboard: {enabled: false}`."
        )
