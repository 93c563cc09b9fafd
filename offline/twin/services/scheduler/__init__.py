"""EventBridge Scheduler."""

from __future__ import annotations

from offline.twin.recipes import Recipe, arn, identified_by, properties
from offline.twin.service import Service


class Scheduler(Service):
    title = "EventBridge Scheduler"
    recipes = {
        "AWS::Scheduler::ScheduleGroup": Recipe(
            "scheduler",
            "create_schedule_group",
            properties("Name"),
            identified_by("Name"),
            arn("scheduler", "schedule-group/{id}"),
        ),
        "AWS::Scheduler::Schedule": Recipe(
            "scheduler",
            "create_schedule",
            properties("Name"),
            identified_by("Name"),
            arn("scheduler", "schedule/default/{id}"),
        ),
    }
    leaves_out = ("Schedules start nothing.",)
