"""Athena: workgroups and named queries. Queries themselves run on DuckDB, in offline/athena."""

from __future__ import annotations

from offline.twin.recipes import Recipe, identified_by, properties
from offline.twin.service import Service


class Athena(Service):
    title = "Athena"
    recipes = {
        "AWS::Athena::WorkGroup": Recipe(
            "athena",
            "create_work_group",
            properties("Name", WorkGroupConfiguration="Configuration"),
            identified_by("Name"),
        ),
        "AWS::Athena::NamedQuery": Recipe("athena", "create_named_query", properties("Name"), identified_by("NamedQueryId")),
    }
    leaves_out = ("StartQueryExecution returns no rows. `shoplake sql` runs Athena's SQL on DuckDB.",)
