"""The server drives its services through their interface alone, and every service states what it does."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from offline.twin import client, synth
from offline.twin.client import Twin
from tests.unit.offline.twin.conftest import ZONES

SERVER = """
import sys
from pathlib import Path

import boto3
from moto.comprehend.responses import ComprehendResponse

from offline.twin import server
from offline.twin.endpoint import connect
from offline.twin.service import Service
from offline.twin.services import SERVICES
from offline.twin.synth import Assembly

LOG = Path(sys.argv[1]) / "calls"


class Comprehend(Service):
    title = "Comprehend"

    def install(self, setup):
        self.note(f"install {setup.lake.name} {len(setup.buckets)} buckets")
        ComprehendResponse.detect_dominant_language = lambda self: '{"Languages": [{"LanguageCode": "de"}]}'

    def busy(self):
        self.note("busy")
        return False

    def save(self):
        self.note(f"save {connect('comprehend').detect_dominant_language(Text='ja')['Languages'][0]['LanguageCode']}")

    def restore(self):
        self.note(f"restore {len(connect('cloudformation').list_stacks()['StackSummaries'])} stack")

    def stop(self):
        self.note("stop")

    def note(self, call):
        with LOG.open("a") as file:
            file.write(call + "\\n")


server.POLL_SECONDS = 0.05
server.main(Path(sys.argv[1]), "key", Assembly(Path(sys.argv[2])), None, kinds=(*SERVICES, Comprehend))
"""


@pytest.fixture
def twin(tmp_path: Path, serve: Callable[..., Twin]) -> Twin:
    """A local stack with one more service."""
    return serve(tmp_path, ZONES, script=SERVER)


def test_the_server_calls_every_hook_of_a_service(twin: Twin) -> None:
    # GIVEN a service that answers one call that moto does not know
    answer = twin.client("comprehend").detect_dominant_language(Text="ja")
    assert answer["Languages"] == [{"LanguageCode": "de"}]
    # WHEN the server is stopped
    assert client.down(twin.lake)
    # THEN the service was installed before the stacks were made, restored after, asked whether it works, saved and stopped
    calls = (twin.lake / "calls").read_text().splitlines()
    assert calls[:2] == ["install lake 3 buckets", "restore 1 stack"]
    assert set(calls[2:-2]) == {"busy"}
    assert calls[-2:] == ["save de", "stop"]


def test_services_state_what_they_do() -> None:
    from offline.twin.service import Service
    from offline.twin.services import SERVICES

    for service in SERVICES:
        hooks = {"install", "busy", "save", "restore", "stop"} & vars(service).keys()
        assert service.adds or not hooks, f"{service.title}: overrides {hooks}, but `adds` is empty"
        assert service.adds or service.recipes or service.skipped or service.leaves_out, service.title
        assert all(len(reason.split()) > 4 for reason in service.skipped.values())
        assert all(sentence.endswith(".") for sentence in (*service.adds, *service.leaves_out))
    types = [kind for service in SERVICES for kind in (*service.recipes, *service.skipped)]
    assert len(types) == len(set(types))
    assert len({service.title for service in SERVICES}) == len(SERVICES)
    assert set(Service.__subclasses__()) == set(SERVICES)


def test_every_package_of_services_is_in_the_list() -> None:
    from offline.twin.services import SERVICES

    packages = {path.parent.name for path in (synth.ROOT / "offline/twin/services").glob("*/__init__.py")}
    assert {service.__module__.rpartition(".")[2] for service in SERVICES} == packages


def test_the_page_about_the_local_stack_is_up_to_date() -> None:
    from offline.twin.docs import PAGE, page

    assert (synth.ROOT / PAGE).read_text(encoding="utf-8") == page(), f"{PAGE}: run `make docs` and commit it"
