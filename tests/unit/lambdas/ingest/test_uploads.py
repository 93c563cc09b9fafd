"""Uploads of files: refused with a number, or given a place in raw where landed files are."""

from __future__ import annotations

import json
from typing import Any

import pytest

from glue_jobs.lib.source_definition.file_names import ARCHIVE, COMPRESSIONS, SUFFIXES
from lambdas.ingest.files import TYPES
from tests.support.shop_api import PUBLISHABLE, SERVER, Shop, codes

FILE = {"kind": "orders", "name": "orders.csv", "size": 10}


@pytest.mark.parametrize(
    ("key", "change", "code", "status"),
    [
        (PUBLISHABLE, {}, 4204, 403),
        (SERVER, {"kind": "../orders"}, 4401, 422),
        (SERVER, {"name": "a/b.csv"}, 4401, 422),
        (SERVER, {"name": "_draft.csv"}, 4401, 422),
        (SERVER, {"size": "10"}, 4401, 422),
        (SERVER, {"size": True}, 4401, 422),
        (SERVER, {"name": "run.exe"}, 4402, 422),
        (SERVER, {"name": "x.gz"}, 4402, 422),
        (SERVER, {"size": 0}, 4403, 413),
        (SERVER, {"size": (1 << 30) + 1}, 4403, 413),
    ],
)
def test_a_wrong_upload_is_refused(key: str, change: dict[str, Any], code: int, status: int):
    reply = Shop().call("POST", "/v1/files/my_shop", json.dumps({**FILE, **change}), x_api_key=key)
    assert (reply.status, codes(json.loads(reply.body))) == (status, [code])


@pytest.mark.parametrize("source", ["rejected", "aws", "stream", "Shop", "%2e%2e", "a/b", ""])
def test_files_go_to_sources_only(source: str):
    reply = Shop().call("POST", f"/v1/files/{source}", json.dumps(FILE), x_api_key=SERVER)
    assert (reply.status, codes(json.loads(reply.body))) == ((422, [4401]) if source else (404, [4301]))


def test_files_that_jobs_can_read_are_taken_and_no_others():
    for suffix in TYPES:
        assert SUFFIXES.search(f"orders.{suffix}"), suffix
    for packed in (*COMPRESSIONS, ARCHIVE):
        name = f"Orders.CSV{packed}"
        assert Shop().call("POST", "/v1/files/shop", json.dumps({**FILE, "name": name}), x_api_key=SERVER).status == 201


def test_an_upload_gets_a_place_where_landed_files_are():
    reply = Shop().call("POST", "/v1/files/my_shop", json.dumps(FILE), x_api_key=SERVER)
    assert (reply.status, json.loads(reply.body)) == (
        201,
        {
            "method": "PUT",
            "url": "https://raw/my_shop/orders/ingest_date=2026-11-26/orders.csv?900",
            "headers": {"content-type": "text/csv"},
            "key": "my_shop/orders/ingest_date=2026-11-26/orders.csv",
            "expires_in": 900,
        },
    )
