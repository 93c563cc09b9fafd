"""What the function is configured with, as its environment has it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Settings:
    """`origin` is the dashboard's address, `sign_in` that of Cognito's pages; without a `live_table` there is no live path."""

    origin: str
    sign_in: str
    issuer: str
    client: str
    workgroup: str
    database: str
    session_seconds: int
    live_table: str = ""

    @property
    def user_pool(self) -> str:
        return self.issuer.rpartition("/")[2]

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> Settings:
        return cls(
            origin=environment["ORIGIN"],
            sign_in=environment["SIGN_IN"],
            issuer=environment["ISSUER"],
            client=environment["CLIENT"],
            workgroup=environment["WORKGROUP"],
            database=environment["DATABASE"],
            session_seconds=int(environment["SESSION_SECONDS"]),
            live_table=environment.get("LIVE_TABLE", ""),
        )
