"""The guard lets through requests of this machine's own programs only, and stands in front of every server in the tree."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from offline.serving.guard import Guard, has_bearer

ROOT = Path(__file__).parents[4]
HERE = {"HTTP_HOST": "127.0.0.1:5000", "SERVER_PORT": "5000"}
# Calls that make or start a server. Each takes the guarded application as an argument.
SERVERS = {
    "make_server", "run_simple", "WSGIServer", "HTTPServer", "ThreadingHTTPServer", "TCPServer", "ThreadingTCPServer",
    "create_server", "start_server", "serve",
}  # fmt: skip
STARTED_BY_MODULE = re.compile(r"-m http\.server|flask (--\S+ \S+ )*run|uvicorn|gunicorn|waitress|hypercorn")
SERVING_MODULES = {
    "http.server",
    "socketserver",
    "uvicorn",
    "gunicorn",
    "waitress",
    "hypercorn",
    "aiohttp",
    "wsgiref.simple_server",
}
# tests/ starts servers as the thing under test; tests/deploy runs another project's emulator of AWS for a few minutes.
CHECKED = (
    "app.py",
    "athena_queries",
    "benchmarks",
    "contracts",
    "dashboards",
    "glue_jobs",
    "lambdas",
    "offline",
    "stacks",
    "tools",
)
SCRIPTS = ("Makefile", ".ci", "README.md", "CONTRIBUTING.md", "docs", "pyproject.toml")


def answer(changes: dict[str, str], *, authorized: bool = True) -> tuple[str, dict[str, Any] | str]:
    """Status and body for a request with these changes."""
    status: list[str] = []

    def inner(_: Any, begin: Any) -> list[bytes]:
        begin("200 OK", [])
        return [b"inner"]

    guard = Guard(inner, lambda _: authorized)
    body = b"".join(guard(HERE | changes, lambda line, _: status.append(line))).decode()
    return status[0], body if status[0] == "200 OK" else json.loads(body)["message"]


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"HTTP_HOST": "localhost:5000"},
        {"HTTP_ORIGIN": "http://127.0.0.1:5000"},
        {"HTTP_HOST": "localhost:5000", "HTTP_ORIGIN": "http://localhost:5000"},
        {"HTTP_SEC_FETCH_SITE": "same-origin"},
        {"HTTP_SEC_FETCH_SITE": "none"},
    ],
    ids=str,
)
def test_own_requests_pass(changes: dict[str, str]) -> None:
    assert answer(changes) == ("200 OK", "inner")


@pytest.mark.parametrize(
    "host",
    [
        "", "evil.example", "evil.example:5000", "127.0.0.1", "127.0.0.1:80", "localhost", "127.0.0.1:5000.evil.example",
        "127.0.0.1.evil.example:5000", "bucket.localhost:5000", "evil.example@127.0.0.1:5000", "127.0.0.1:5000,evil.example",
        "0.0.0.0:5000", "[::1]:5000", "127.0.0.2:5000",
    ],
)  # fmt: skip
def test_another_host_is_refused(host: str) -> None:
    expected = ("403 Forbidden", "This server answers only requests for 127.0.0.1 or localhost and its port.")
    assert answer({"HTTP_HOST": host}) == expected


@pytest.mark.parametrize(
    "changes",
    [
        {"HTTP_ORIGIN": origin}
        for origin in (
            "https://evil.example", "null", "", "http://127.0.0.1", "http://127.0.0.1:5001", "https://127.0.0.1:5000",
            "http://localhost:5000", "http://127.0.0.1:5000.evil.example", "file://",
        )
    ]
    + [{"HTTP_SEC_FETCH_SITE": "cross-site"}, {"HTTP_SEC_FETCH_SITE": "same-site"}],
    ids=str,
)  # fmt: skip
def test_a_page_of_another_origin_is_refused(changes: dict[str, str]) -> None:
    assert answer(changes) == ("403 Forbidden", "This server does not answer web pages of another origin.")


def test_a_server_for_pages_of_any_origin_still_checks_host_and_credentials() -> None:
    def reached(changes: dict[str, str], *, authorized: bool = True) -> bool:
        guard = Guard(lambda *_: [b"inner"], lambda _: authorized, any_origin=True)
        return b"".join(guard(HERE | changes, lambda *_: None)) == b"inner"

    page = {"HTTP_ORIGIN": "https://shop.example", "HTTP_SEC_FETCH_SITE": "cross-site"}
    assert reached(page)
    assert not reached(page | {"HTTP_HOST": "evil.example"})
    assert not reached(page, authorized=False)


def test_a_request_without_credentials_is_refused() -> None:
    assert answer({}, authorized=False) == ("403 Forbidden", "This server answers only requests with its own credentials.")


def test_a_server_without_a_host_header_is_not_reached() -> None:
    body = Guard(lambda *_: [b"inner"], lambda _: True)({"SERVER_PORT": "5000"}, lambda *_: None)
    assert b"inner" not in b"".join(body)


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("Bearer s3cret", True),
        ("Bearer s3cre", False),
        ("Bearer ", False),
        ("s3cret", False),
        ("Basic s3cret", False),
        ("", False),
    ],
)
def test_the_bearer_must_know_the_secret(header: str, *, expected: bool) -> None:
    assert has_bearer({"HTTP_AUTHORIZATION": header}, "s3cret") is expected
    assert not has_bearer({}, "s3cret")


def unguarded(source: str) -> Iterator[str]:
    """The calls that make a server without a `Guard(…)`, or a name assigned from one, among their arguments."""
    tree = ast.parse(source)
    guards = {
        target.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and _name(node.value) == "Guard"
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = {node.module} if isinstance(node, ast.ImportFrom) else {alias.name for alias in node.names}
            yield from (f"line {node.lineno}: import of {name}" for name in names & SERVING_MODULES)
        is_server = _name(node) in SERVERS or (_name(node) == "run" and isinstance(node, ast.Call) and _is_app(node))
        if isinstance(node, ast.Call) and is_server:
            arguments = [*node.args, *(keyword.value for keyword in node.keywords)]
            if not any(_name(each) == "Guard" or (isinstance(each, ast.Name) and each.id in guards) for each in arguments):
                yield f"line {node.lineno}: {_name(node)}"


def _name(node: ast.AST) -> str | None:
    if not isinstance(node, ast.Call):
        return None
    called = node.func
    return called.attr if isinstance(called, ast.Attribute) else called.id if isinstance(called, ast.Name) else None


def _is_app(node: ast.Call) -> bool:
    """Whether the call is that of a Flask app, `app.run(port=…)`."""
    return any(keyword.arg in ("port", "host") for keyword in node.keywords)


def files(*names: str, suffix: str) -> Iterator[Path]:
    for entry in (ROOT / name for name in names):
        yield from sorted(entry.rglob(f"*{suffix}")) if entry.is_dir() else [entry] if entry.exists() else []


def test_every_server_of_the_tree_is_guarded() -> None:
    python = [file for file in files(*CHECKED, suffix=".py") if "node_modules" not in file.parts]
    problems = {file.relative_to(ROOT).as_posix(): list(unguarded(file.read_text(encoding="utf-8"))) for file in python}
    assert {file: found for file, found in problems.items() if found} == {}
    # AND the rule looks where servers are
    assert "make_server" in (ROOT / "offline/twin/server.py").read_text(encoding="utf-8")


def test_no_script_starts_a_server_of_its_own() -> None:
    texts = [file for file in files(*SCRIPTS, suffix="") if file.is_file() and file.suffix not in (".png", ".svg")]
    assert [file.name for file in texts if STARTED_BY_MODULE.search(file.read_text(encoding="utf-8"))] == []


@pytest.mark.parametrize(
    "source",
    [
        "make_server('127.0.0.1', 0, app)",
        "from http.server import ThreadingHTTPServer",
        "import socketserver",
        "import uvicorn",
        "app.run(port=5000)",
        "guarded = Guard(app, check)\nserving.run_simple('127.0.0.1', 0, app)",
    ],
)
def test_a_server_without_a_guard_is_found(source: str) -> None:
    assert len(list(unguarded(source))) == 1


@pytest.mark.parametrize(
    "source",
    ["make_server('127.0.0.1', 0, Guard(app, check))", "guarded = Guard(app, check)\nmake_server('127.0.0.1', 0, guarded)"],
)
def test_a_server_with_a_guard_is_none_of_them(source: str) -> None:
    assert list(unguarded(source)) == []
