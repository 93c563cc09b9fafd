"""CloudFormation: the stacks of the synthesized app. Other services contribute the resource types that moto lacks."""

from __future__ import annotations

from offline.twin.service import Service, Setup
from offline.twin.services.cloudformation import patches
from offline.twin.store import state


class CloudFormation(Service):
    title = "CloudFormation"
    adds = (
        "Physical names follow from stack and logical id, so a resource has the same name after every deployment.",
        "Stack ids outlive `down`, and so does what is derived from them. Every lake has its own.",
        "Dynamic references to secrets are resolved in the types that other services contribute.",
        "An unknown resource type fails the deployment; moto would skip it.",
    )
    leaves_out = ("Stacks are not updated or deleted. When the app changes, `up` creates them from scratch.",)
    skipped = {"AWS::CDK::Metadata": "tells AWS which constructs an app uses, and nothing reads it"}

    def install(self, setup: Setup) -> None:
        patches.install(state(setup.lake))
