"""Shops of handwritten files, built by the real jobs or taken from the cache of built lakes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.support.lake_builder import files_of
from tests.support.lake_cache import LakeCache, code_of, fingerprint
from tests.support.shops import Shop


@dataclass(frozen=True)
class KeptShops:
    """Builds each shop once for the same code."""

    cache: LakeCache

    def build(self, shop: Shop, stage: str, build: Callable[[], object], *, source: str = "rees46") -> Path:
        """Makes the shop what `build` makes of it, and returns the cache's copy, a folder per zone; do not write to that.

        `build` may depend on nothing but the code that its module imports, the shop as it is, and its source; `stage` names what
        it does.
        """

        def built(entry: Path) -> None:
            build()
            shop.save(entry)

        code = code_of(build.__module__)
        assert code, f"{build.__module__}: is not a module of this repository, so what it builds cannot be kept."
        files = code | files_of(source, "conform", "marts")
        entry = self.cache.get(f"{shop.name}-{stage}", fingerprint(files, stage, shop.grain, shop.only_marts), built)
        shop.load(entry)
        return entry
