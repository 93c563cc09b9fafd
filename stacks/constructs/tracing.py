"""X-Ray's actions for a role that sends traces."""

from __future__ import annotations

TRACING = ("xray:GetSamplingRules", "xray:GetSamplingTargets", "xray:PutTelemetryRecords", "xray:PutTraceSegments")
NO_RESOURCES = "X-Ray's actions do not support resources; none of them reads data of the lake."
