"""An AWS account in the emulator, and the CDK CLI pointed at it."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
EMULATOR = ROOT / ".venv-deploy" / "bin" / "python"
ACCOUNT, REGION = "123456789012", "eu-central-1"
STARTING = 30


@dataclass(frozen=True)
class Cloud:
    """An account: `cdk` deploys into it, `client` reads from it; `folder` has the emulator's log and all files."""

    folder: Path
    endpoint: str

    @property
    def environment(self) -> dict[str, str]:
        """Environment variables that make a process use the emulator and nothing else of AWS."""
        keys = {"AWS_ACCESS_KEY_ID": ACCOUNT, "AWS_SECRET_ACCESS_KEY": "test", "AWS_REGION": REGION, "AWS_DEFAULT_REGION": REGION}
        own = {key: value for key, value in os.environ.items() if not key.startswith(("AWS_", "CDK_", "MAKE", "MFLAGS"))}
        guard = HERE / "network_guard.cjs"
        return own | keys | {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "CDK_HOME": str(self.folder / "cdk"),
            "CI": "true",
            "NETWORK_ATTEMPTS": str(self.folder / "attempts"),
            "NODE_OPTIONS": f"--require={guard}",
            "NO_COLOR": "1",
        }  # fmt: skip

    def client(self, service: str) -> Any:
        return boto3.client(
            service, endpoint_url=self.endpoint, region_name=REGION, aws_access_key_id=ACCOUNT, aws_secret_access_key="test"
        )

    def cdk(self, *arguments: str) -> str:
        """The output of the CDK CLI, which synthesizes into `folder`."""
        return self._run(str(Path(sys.executable).with_name("cdk")), *arguments, "--output", str(self.folder / "cdk.out"))

    def make(self, target: str, *variables: str) -> str:
        """The output of a Makefile target."""
        return self._run("make", target, *variables)

    def _run(self, *command: str) -> str:
        """A command's stdout and stderr; AssertionError with the output if it fails."""
        words, started = f"{Path(command[0]).name} {' '.join(command[1:])}", time.monotonic()
        run = subprocess.run(
            command, cwd=ROOT, env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
        )
        assert run.returncode == 0, f"{words}:\n{run.stdout}\n{self.log()}"
        print(f"{words[:60]}: {time.monotonic() - started:.1f} s")  # noqa: T201 - the measurement
        return run.stdout

    @contextmanager
    def fault(self, kind: str) -> Iterator[None]:
        """While the block runs, no resource of this CloudFormation type can be created."""
        place = self.folder / "fault"
        place.write_text(kind)
        yield
        place.unlink()

    def attempts(self) -> list[str]:
        """The CDK CLI's attempts to reach other machines."""
        recorded = self.folder / "attempts"
        return recorded.read_text().splitlines() if recorded.exists() else []

    def log(self) -> str:
        return "\n".join((self.folder / "emulator.log").read_text().splitlines()[-40:])


@contextmanager
def running(folder: Path) -> Iterator[Cloud]:
    """An empty account that ends with the context."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    cloud = Cloud(folder, f"http://127.0.0.1:{port}")
    own = {"BIND_HOST": "127.0.0.1", "GATEWAY_PORT": str(port), "HOME": str(folder), "TMPDIR": str(folder)}
    own |= {"MINISTACK_REGION": REGION, "MINISTACK_ACCOUNT_ID": ACCOUNT, "MINISTACK_HOST": "127.0.0.1"}
    with (folder / "emulator.log").open("w") as log:
        server = subprocess.Popen([EMULATOR, HERE / "emulator.py"], env=os.environ | own, cwd=folder, stdout=log, stderr=log)
        try:
            _await(cloud, server)
            yield cloud
        finally:
            server.terminate()
            server.wait(timeout=10)


def _await(cloud: Cloud, server: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + STARTING
    while True:
        try:
            with urllib.request.urlopen(f"{cloud.endpoint}/_ministack/health", timeout=5):
                return
        except OSError:
            assert server.poll() is None, f"the emulator ended:\n{cloud.log()}"
            assert time.monotonic() < until, f"the emulator does not answer:\n{cloud.log()}"
            time.sleep(0.05)
