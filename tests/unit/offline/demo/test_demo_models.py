"""What the demo says about models: refusals in words, and the lists with reasons."""

from __future__ import annotations

import io
from datetime import date
from decimal import Decimal
from pathlib import Path

from rich.console import Console

from offline.athena import open_lake
from offline.demo.models import _lists, _trained
from offline.models.jobs import registry
from offline.models.registry import APPROVED
from tests.support.tables import write_rows
from tests.unit.offline.models.feature_worlds import lake_of, random_lines


def test_a_shop_that_cannot_be_learned_from_is_refused_in_words_and_nothing_is_approved(tmp_path: Path) -> None:
    lake = lake_of(tmp_path, "shop", random_lines(customers=20, days=60))
    sentences = [_trained(lake, model, "shop") for model in ("churn", "anomaly")]
    assert sentences[0].startswith("churn: not trained. churn_labels: the table has no rows, so there is nothing to learn")
    assert sentences[0].endswith("land more months of data (with a horizon of 30 days at least 120 days).")
    assert sentences[1].startswith("anomaly: not trained. shop: ")
    assert list(registry(lake).versions()) == []


def test_an_approved_version_is_not_trained_again(tmp_path: Path) -> None:
    lake = lake_of(tmp_path, "shop", random_lines(customers=20, days=60))
    (tmp_path / "job/model").mkdir(parents=True)
    (tmp_path / "job/output/data").mkdir(parents=True)
    version = registry(lake).register(model="churn", source="shop", job=tmp_path / "job", facts={})
    registry(lake).decide(version.name, APPROVED, "good")
    assert _trained(lake, "churn", "shop") == "churn/shop/1: trained and approved before."


def test_both_lists_show_the_strongest_reason(tmp_path: Path) -> None:
    folders = {zone: tmp_path / zone for zone in ("raw", "processed", "curated")}
    day = {"as_of": date(2025, 3, 4), "model_version": 1, "rank": 1}
    leaving = {"customer_id": "ann", "horizon_days": 30, "churn_probability": 0.8, "decile": 1}
    leaving |= {"reasons": ["9 orders lowers the risk", "60 days away raises the risk"]}
    unusual = {
        "entity": "order",
        "entity_id": "o2",
        "is_alert": True,
        "amount": Decimal(45),
        "reasons": ["far above the usual price", "at night"],
    }
    write_rows(folders, "churn_scores", [day | leaving])
    write_rows(folders, "anomaly_scores", [day | unusual])
    console = Console(file=io.StringIO(), width=150)
    with open_lake(folders) as lake:
        _lists(console, lake, "tiny")
        _lists(console, lake, "other")
    lines = [line.split() for line in console.file.getvalue().splitlines() if "ann" in line or "o2" in line]
    assert lines == [
        ["ann", "80.0%", "–", "–", "60", "days", "away", "raises", "the", "risk"],
        ["o2", "unknown", "45.00", "far", "above", "the", "usual", "price"],
    ]
