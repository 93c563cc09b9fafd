"""The generated pages agree with the templates."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.support.deployments import Templates
from tests.support.lazy import lazy

generated = lazy("stacks.docs.pages")

REMEDY = "run `make docs` and commit docs/"


@pytest.fixture(scope="module")
def pages(templates: Templates) -> dict[Path, str]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("stacks.docs.deployments.templates", templates)
        return generated.written()


def test_the_pages_are_up_to_date(pages: dict[Path, str]) -> None:
    for path, text in pages.items():
        assert path.read_text(encoding="utf-8") == text, f"{path.relative_to(generated.ROOT)}: {REMEDY}"


def test_every_part_is_used_on_a_page(pages: dict[Path, str]) -> None:
    parts = re.findall(r"<!-- from (\w+) -->", "".join(pages.values()))
    assert sorted(parts) == sorted(generated.PARTS)


def test_the_diagram_shows_the_data_flow(pages: dict[Path, str]) -> None:
    text = pages[generated.ROOT / "docs/architecture.md"]
    for line in (
        "storage_Raw -->|reads| processing_Conform",
        "processing_Conform -->|writes| storage_Processed",
        "storage_Processed -->|reads| processing_Marts",
        "processing_Marts -->|writes| storage_Curated",
        "storage_Curated -->|reads| query_Bi",
        "processing_Batch -->|starts| processing_Conform",
        "processing_Batch -.->|notifies| processing_AlertTopic",
        "observe_alarms -.->|notify| processing_AlertTopic",
        "api_Api -->|calls| ingest_Ingest",
        "ingest_Ingest -->|writes| ingest_Stream",
        "ingest_Stream -->|reads| ingest_Delivery",
        "ingest_Delivery -->|writes| storage_Raw",
        "ingest_Stream -->|reads| live_Live",
        "live_Live -->|writes| serving_LiveTable",
        "serving_LiveTable -->|reads| serving_Serving",
        "api_Api -->|calls| serving_Serving",
    ):
        assert f"  {line}\n" in text, line
    assert "storage_Processed -->|reads| query_Bi" not in text


def test_every_alarm_has_a_section_in_operations(templates: Templates) -> None:
    alarms = [
        resource["Properties"]["AlarmName"].removeprefix("shoplake-prod-")
        for resource in templates(env="prod", overrides={"models": ["thelook"], "dashboard": {"enabled": True}})["observe"][
            "Resources"
        ].values()
        if resource["Type"] == "AWS::CloudWatch::Alarm"
    ]
    page = (generated.ROOT / "docs/operations.md").read_text(encoding="utf-8").partition("\n## Alarms\n")[2].partition("\n## ")[0]
    headings = dict(re.findall(r"^### (\S+)\n\n(.+?)(?=\n### |\Z)", page, flags=re.MULTILINE | re.DOTALL))
    assert headings.keys() == set(alarms)
    assert all(len(text.split()) >= 8 for text in headings.values())
