"""CloudWatch Logs."""

from __future__ import annotations

from offline.twin.recipes import Recipe, identified_by, properties
from offline.twin.service import Service


class Logs(Service):
    title = "CloudWatch Logs"
    recipes = {
        "AWS::Logs::LogStream": Recipe(
            "logs",
            "create_log_stream",
            properties("logStreamName"),
            identified_by("logStreamName"),
        ),
        "AWS::Logs::QueryDefinition": Recipe(
            "logs", "put_query_definition", properties("Name"), identified_by("queryDefinitionId")
        ),
    }
    leaves_out = ("Jobs write to `log/spark.log` in the lake's folder, not to log groups.",)
