"""Who may do what to which resource, as plain data, one module per group of stacks.

The policies themselves are built elsewhere, where roles and resources meet. This table is written by hand next to them. A test
compares the two statement by statement, in both directions, so a wider role must be stated here as well. docs/security.md is
generated from it. Resources are construct paths (storage/Raw is the bucket, storage/Raw/* its objects) or service:rest of an ARN.
"""

from __future__ import annotations

from stacks.config import LakeConfig
from stacks.permissions import dashboard, live_path, models, platform, processing, query
from stacks.permissions.actions import ACTIONS
from stacks.permissions.rows import Fact, Permission

__all__ = ["ACTIONS", "TABLE", "TRUSTED", "Fact", "Permission", "table", "written"]

TABLE = (*processing.ROWS, *query.ROWS, *live_path.ROWS, *dashboard.ROWS, *models.ROWS, *platform.ROWS)
# The principal that may assume each role, by the role's path.
TRUSTED = processing.TRUSTED | query.TRUSTED | live_path.TRUSTED | dashboard.TRUSTED | models.TRUSTED | platform.TRUSTED


def table(config: LakeConfig) -> list[Permission]:
    """The rows that apply to a deployment."""
    settings = {
        "account_role": config.api.account_role == "create",
        "dashboard": config.dashboard.enabled,
        "live": config.live_path,
        "models": bool(config.models),
        "private": config.networking == "private",
        "data_events": config.data_events,
        "deletion": config.deletes_data,
        "encrypt_catalog": config.encrypt_catalog,
        "govern": config.govern,
        "no-govern": not config.govern,
        "no-revoked": not config.lf_revoked,
    }
    return [row for row in TABLE if all(settings[name] for name in row.only.split())]


def written(config: LakeConfig) -> set[Fact]:
    """The table, one action and one resource at a time, with the deployment's names."""
    names = {"prefix": config.prefix, "database": config.prefix.replace("-", "_")}
    sources = [source.replace("_", "-") for source in config.models] or [""]
    return {
        Fact(
            row.role, f"DENY {action}" if row.never else action, resource.format(source=source, **names), row.when.format(**names)
        )
        for row in table(config)
        for action in ACTIONS[row.may]
        for resource in row.on
        for source in sources
    }
