"""IAM."""

from __future__ import annotations

from offline.twin.service import Service


class Iam(Service):
    title = "IAM"
    leaves_out = (
        "Policies are stored but not enforced; moto ignores their conditions. Tests check them in the templates.",
        "Requests must be signed with the local stack's own keys (`shoplake status --export`); keys from IAM or STS are refused.",
    )
