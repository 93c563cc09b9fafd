"""Makes lake.tar.xz: a small lake of the release that is checked out. See README.md; run it in that checkout, not here."""

from __future__ import annotations

import sys
import tarfile
import tempfile
from importlib import import_module
from pathlib import Path

from offline.twin.spark_session import session

ZONES = ("raw", "processed", "curated")
JOBS = ("conform", "marts", "segment", "recommend", "value", "profiling")
HEADER = "event_time,event_type,product_id,category_id,category_code,brand,price,user_id,user_session"
TYPES = ("view", "cart", "purchase", "view", "teleport")
SETTINGS = {"spark.sql.shuffle.partitions": "1", "spark.sql.adaptive.enabled": "false"}


def lines(month: str) -> list[str]:
    """Sixty events of twelve users; one in five has an unknown type, and the last line repeats the one before."""
    rows = [
        f"{month}-{1 + number % 28:02d} 10:{number:02d}:00 UTC,{TYPES[number % 5]},p{number % 7},c{number % 3},"
        f"tools.light,acme,{10 + number % 7}.50,u{number % 12},{month}-s{number % 20}"
        for number in range(60)
    ]
    return [HEADER, *rows, rows[-2], rows[-2]]


def main(archive: Path) -> None:
    """Runs all jobs on two files that arrive one after the other, and packs the zones."""
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        spark = session({f"shoplake-{zone}": root / "s3" / f"shoplake-{zone}" for zone in ZONES}, log=root / "log" / "spark.log")
        for key, value in SETTINGS.items():
            spark.conf.set(key, value)
        arguments = [f"--{zone}=s3://shoplake-{zone}/former" for zone in ZONES] + ["--source", "rees46"]
        for day, month in (("2026-01-01", "2019-10"), ("2026-01-02", "2019-11")):
            file = root / "s3" / "shoplake-raw" / "former" / "rees46" / "events" / f"ingest_date={day}" / f"{month}.csv"
            file.parent.mkdir(parents=True)
            file.write_text("".join(f"{line}\n" for line in lines(month)), encoding="utf-8")
            for job in JOBS:
                spark.catalog.clearCache()
                import_module(f"glue_jobs.{job}").main(arguments)
        spark.stop()
        with tarfile.open(archive, "w:xz") as packed:
            for zone in ZONES:
                packed.add(root / "s3" / f"shoplake-{zone}" / "former", arcname=zone, filter=_anonymous)


def _anonymous(member: tarfile.TarInfo) -> tarfile.TarInfo | None:
    """Without the names of a machine's user, and without Hadoop's checksum files."""
    if member.name.endswith(".crc"):
        return None
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    return member


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
