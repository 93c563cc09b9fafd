"""Writes docs/local-stack.md from the statements of the services: `python -m offline.twin.docs`."""

from __future__ import annotations

from pathlib import Path

from offline.twin.services import SERVICES
from offline.twin.synth import ROOT

PAGE = Path("docs") / "local-stack.md"
INTRODUCTION = """\
<!-- Written by `python -m offline.twin.docs` from offline/twin/services/; change the services and run it again. -->
# The local stack, service by service

`shoplake up` creates the CDK app's stacks in [moto](https://docs.getmoto.org) on 127.0.0.1. This page lists what we add to moto
and what still differs from AWS. Everything else is as moto does it. Each service is a package in `offline/twin/services/`;
to add one, write a subclass of `Service` (`offline/twin/service.py`) there and list it in `SERVICES`.

What outlives `down`: objects, buckets, job runs, executions, DynamoDB items, streams and positions in them, and secrets. All of
it is written as it changes, so that it also outlives kill -9. Everything else that was created or changed by API, and not by the
stacks, is lost.
"""


def page() -> str:
    """The text of the page."""
    sections = [INTRODUCTION]
    for service in sorted(SERVICES, key=lambda service: service.title.lower()):
        lines = [f"## {service.title}", ""]
        lines += [f"- Adds: {sentence}" for sentence in service.adds]
        if service.recipes:
            lines.append(f"- Creates: {', '.join(f'`{kind}`' for kind in service.recipes)}.")
        lines += [f"- Skips: `{kind}`; {reason}." for kind, reason in service.skipped.items()]
        lines += [f"- Differs from AWS: {sentence}" for sentence in service.leaves_out]
        sections.append("\n".join([*lines, ""]))
    return "\n".join(sections)


if __name__ == "__main__":
    (ROOT / PAGE).write_text(page(), encoding="utf-8")
