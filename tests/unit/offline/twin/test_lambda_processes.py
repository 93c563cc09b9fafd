"""Handlers in processes of their own: what they get, and what an invocation returns when they fail. The literals are AWS's."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.lazy import lazy

answers = lazy("offline.twin.services.awslambda.answers")
Pool = lazy("offline.twin.services.awslambda.pool", "Pool")
Function = lazy("offline.twin.services.awslambda.process", "Function")

HANDLERS = """
import os, sys, time
from pathlib import Path

count = 0

def count_calls(event, context):
    global count
    count += 1
    return {"count": count, "pid": os.getpid()}

def describe(event, context):
    return {
        "event": event, "greeting": os.environ.get("GREETING"), "home": "SHOPLAKE_SECRET" in os.environ,
        "name": context.function_name, "memory": context.memory_limit_in_mb, "arn": context.invoked_function_arn,
        "left": context.get_remaining_time_in_millis(), "path": sys.path[0], "endpoint": os.environ["AWS_ENDPOINT_URL"],
    }

def echo(event, context):
    print("a line of the handler")
    return event

def throw(event, context):
    raise ValueError("no such product")

def sleep(event, context):
    time.sleep(30)

def leave(event, context):
    os._exit(event)

def leave_by_signal(event, context):
    os.kill(os.getpid(), 9)

def give_a_set(event, context):
    return {1, 2}

def give_too_much(event, context):
    return "x" * 6_291_557

def wait_for_file(event, context):
    Path(event + ".started").touch()
    while not Path(event).exists():
        time.sleep(0.01)
"""


@pytest.fixture
def pool(tmp_path: Path) -> Iterator[Pool]:
    created = Pool(tmp_path / "log", {"AWS_ENDPOINT_URL": "http://127.0.0.1:5000"}, concurrency=2)
    yield created
    created.stop()


def function(folder: Path, handler: str, **changes: Any) -> Function:
    code = folder / "code"
    code.mkdir(exist_ok=True)
    (code / "app.py").write_text(HANDLERS)
    settings = {"timeout": 10.0, "memory": 256, "environment": {"GREETING": "hello"}, "version": handler} | changes
    arn = "arn:aws:lambda:us-east-1:123456789012:function:shop"
    return Function(name="shop", arn=arn, handler=handler, code=code, **settings)


def body(answer: answers.Answer) -> Any:
    return json.loads(answer.payload)


def test_a_handler_gets_event_context_and_only_its_own_environment(
    pool: Pool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOPLAKE_SECRET", "of the user")
    deployed = function(tmp_path, "app.describe", timeout=20.0)
    seen = body(pool.invoke(deployed, b'{"a": [1]}'))
    assert 10_000 < seen.pop("left") <= 20_000
    assert seen == {
        "event": {"a": [1]},
        "greeting": "hello",
        "home": False,
        "name": "shop",
        "memory": "256",
        "arn": "arn:aws:lambda:us-east-1:123456789012:function:shop",
        "path": str(deployed.code),
        "endpoint": "http://127.0.0.1:5000",
    }


def test_a_process_stays_warm_and_a_new_version_gets_a_new_one(pool: Pool, tmp_path: Path) -> None:
    first = function(tmp_path, "app.count_calls")
    answers = [body(pool.invoke(first, b"{}")) for _ in range(3)]
    assert [answer["count"] for answer in answers] == [1, 2, 3]
    assert answers[0]["pid"] != os.getpid()
    assert body(pool.invoke(function(tmp_path, "app.count_calls", version="2"), b"{}"))["count"] == 1


@pytest.mark.parametrize(
    ("handler", "event", "kind", "message"),
    [
        ("app.throw", "{}", "ValueError", "no such product"),
        (
            "app.give_a_set",
            "{}",
            "Runtime.MarshalError",
            "Unable to marshal response: Object of type set is not JSON serializable",
        ),
        ("app.missing", "{}", "Runtime.HandlerNotFound", "Handler 'missing' missing on module 'app'"),
        ("nowhere.handle", "{}", "Runtime.ImportModuleError", "Unable to import module 'nowhere': No module named 'nowhere'"),
        ("app.leave", "3", "Runtime.ExitError", "RequestId: {id} Error: Runtime exited with error: exit status 3"),
        ("app.leave", "0", "Runtime.ExitError", "RequestId: {id} Error: Runtime exited without providing a reason"),
        ("app.leave_by_signal", "{}", "Runtime.ExitError", "RequestId: {id} Error: Runtime exited with error: signal: killed"),
        ("app.sleep", "{}", "Sandbox.Timedout", "RequestId: {id} Error: Task timed out after 0.50 seconds"),
        (
            "app.give_too_much",
            "{}",
            "Function.ResponseSizeTooLarge",
            "Response payload size exceeded maximum allowed payload size (6291556 bytes).",
        ),
    ],
)
def test_a_failure_is_answered_as_lambda_does(
    pool: Pool, tmp_path: Path, handler: str, event: str, kind: str, message: str
) -> None:
    failing = function(tmp_path, handler, timeout=0.5 if handler == "app.sleep" else 10.0)
    answer = pool.invoke(failing, event.encode())
    assert answer.error == "Unhandled"
    assert body(answer)["errorType"] == kind
    assert body(answer)["errorMessage"] == message.format(id=answer.request_id)
    # AND the next invocation starts from scratch
    assert pool.invoke(function(tmp_path, "app.echo"), b'{"still": "works"}').payload == b'{"still": "works"}'


def test_what_a_handler_prints_is_in_its_log(pool: Pool, tmp_path: Path) -> None:
    pool.invoke(function(tmp_path, "app.echo"), b"{}")
    pool.invoke(function(tmp_path, "app.throw"), b"{}")
    log = (tmp_path / "log" / "shop.log").read_text()
    assert "a line of the handler" in log
    assert "ValueError: no such product" in log


@pytest.mark.parametrize(
    ("reserved", "running", "reason"),
    [(1, 1, "ReservedFunctionConcurrentInvocationLimitExceeded"), (None, 2, "ConcurrentInvocationLimitExceeded")],
)
def test_no_more_run_at_once_than_lambda_allows(
    pool: Pool, tmp_path: Path, reserved: int | None, running: int, reason: str
) -> None:
    # GIVEN as many invocations in progress as the limit
    waiting = function(tmp_path, "app.wait_for_file", reserved_concurrency=reserved, timeout=30.0)
    files = [tmp_path / f"go{number}" for number in range(running)]
    threads = [threading.Thread(target=pool.invoke, args=(waiting, json.dumps(str(file)).encode())) for file in files]
    for thread in threads:
        thread.start()
    while not all(Path(f"{file}.started").exists() for file in files):
        threads[0].join(0.01)
    # WHEN one more is invoked
    with pytest.raises(answers.ThrottledError, match=r"Rate Exceeded\.") as refused:
        pool.invoke(waiting, b'"x"')
    assert refused.value.reason == reason
    assert pool.is_working
    # THEN the others are not affected, and afterwards there is room again
    for file in files:
        file.touch()
    for thread in threads:
        thread.join()
    assert not pool.is_working
    assert pool.invoke(waiting, json.dumps(str(files[0])).encode()).error is None


def test_stop_leaves_no_process_behind(pool: Pool, tmp_path: Path) -> None:
    pid = body(pool.invoke(function(tmp_path, "app.count_calls"), b"{}"))["pid"]
    pool.stop()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
