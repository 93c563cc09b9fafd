"""Shops that are kept: built once for the same code, with the times of their files, and not changed by what follows."""

from __future__ import annotations

from pathlib import Path
from unittest.mock import Mock

from tests.support.kept_shops import KeptShops
from tests.support.lake_cache import LakeCache
from tests.support.shops import Shop


def test_a_shop_is_built_once_and_comes_back_as_it_was(tmp_path: Path):
    # GIVEN a shop that was built, and changed afterwards
    shop, built = Shop(Mock(), tmp_path / "lake", "shop"), []
    kept = KeptShops(LakeCache(tmp_path))

    def build() -> None:
        built.append(shop.put("rees46", "events", "a.csv", ["one"]))

    first = kept.build(shop, "built", build)
    file = built[0]
    modified = file.stat().st_mtime_ns
    file.write_text("other")
    shop.put("rees46", "events", "b.csv", ["two"])
    # WHEN
    second = kept.build(shop, "built", build)
    # THEN
    assert (len(built), first) == (1, second)
    assert (file.read_text(), file.stat().st_mtime_ns) == ("one\n", modified)
    assert [path.name for path in shop.folder("raw").rglob("*.csv")] == ["a.csv"]


def test_another_stage_and_other_marts_are_other_shops(tmp_path: Path):
    shop, kept = Shop(Mock(), tmp_path / "lake", "shop"), KeptShops(LakeCache(tmp_path))
    with_marts = Shop(Mock(), tmp_path / "lake", "shop", only_marts=("dim_date",))

    def build() -> None:
        shop.put("rees46", "events", "a.csv", ["one"])

    assert len({kept.build(shop, "first", build), kept.build(shop, "second", build), kept.build(with_marts, "first", build)}) == 3
