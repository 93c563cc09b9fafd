"""The role of the web dashboard's function: it reads curated as a BI tool does, and the live table."""

from __future__ import annotations

from dataclasses import replace

from contracts.zones import Zone
from stacks.permissions.live_path import LIVE_TABLE, THROUGH_TABLES, function
from stacks.permissions.query import reads
from stacks.permissions.rows import Permission

DASHBOARD = "dashboard/Function/Role"
TRUSTED = {DASHBOARD: "lambda.amazonaws.com"}
ROWS = (
    *function(DASHBOARD, only="dashboard"),
    Permission(DASHBOARD, "read the sign-in client", ("dashboard/Users/Pool",), only="dashboard"),
    Permission(DASHBOARD, "start queries and get results", ("athena:workgroup/{prefix}-dashboard",), only="dashboard"),
    *(replace(row, only=f"dashboard {row.only}".strip()) for row in reads(DASHBOARD, "dashboard", (Zone.CURATED,))),
    Permission(DASHBOARD, "read items", (LIVE_TABLE,), only="dashboard live"),
    Permission(DASHBOARD, "use the key to read items", ("storage/Key",), when=THROUGH_TABLES, only="dashboard live"),
)
