"""inference.py through the handler of SageMaker's inference toolkit, which the image's server calls for each request."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from churn.model_file import load_model
from churn.score import scored

from tests.unit.sagemaker.conftest import tables, trained  # noqa: F401 - fixtures

pytestmark = pytest.mark.filterwarnings("ignore")


@dataclass
class Context:
    """What the model server passes along with a request, and what the handler answers besides the body."""

    model_dir: Path
    headers: dict[str, str] = field(default_factory=dict)
    code: int = 200
    phrase: str = ""
    content_type: str = ""

    @property
    def system_properties(self) -> dict[str, str]:
        return {"model_dir": str(self.model_dir)}

    @property
    def request_processor(self) -> list[Context]:
        return [self]

    def get_request_properties(self) -> dict[str, str]:
        return self.headers

    def set_response_status(self, code: int, phrase: str) -> None:
        self.code, self.phrase = code, phrase

    def set_response_content_type(self, _: int, content_type: str) -> None:
        self.content_type = content_type


@pytest.fixture(scope="module")
def service(trained) -> Any:  # noqa: F811
    """The service after the model server has started it."""
    from sagemaker_inference.default_handler_service import DefaultHandlerService

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SAGEMAKER_PROGRAM", "churn.inference")
        patch.setenv("PYTHONPATH", "")  # the handler adds the model's folder to it
        own = DefaultHandlerService()
        own.initialize(Context(trained.folder / "model"))
        yield own


def ask(service: Any, trained: Any, body: bytes, kind: str, accept: str) -> tuple[Context, Any]:  # noqa: F811
    context = Context(trained.folder / "model", {"Content-Type": kind, "Accept": accept})
    (answer,) = service.handle([{"body": body}], context)
    return context, answer


@pytest.mark.parametrize("kind", ["text/csv", "application/json"])
def test_a_request_is_answered_with_the_scores_of_the_batch(service, trained, tables, kind):  # noqa: F811
    rows = tables["customer_features"][lambda table: table["as_of"] == table["as_of"].max()].head(50)
    body = rows.to_csv(index=False) if kind == "text/csv" else rows.drop(columns="as_of").to_json(orient="records")
    numbers = {name: float for name in rows.columns if name not in ("customer_id", "as_of")}
    customers = rows.astype(numbers).assign(as_of=pd.to_datetime(rows["as_of"]))

    context, answer = ask(service, trained, body.encode(), kind, "application/json")

    expected = dict(scored(load_model(trained.folder / "model"), customers).set_index("customer_id")["churn_probability"])
    found = {row["customer_id"]: row["churn_probability"] for row in json.loads(answer)}
    assert (context.code, context.content_type) == (200, "application/json")
    assert list(found) == list(rows["customer_id"])
    assert {name: found[name] for name in expected} == pytest.approx(expected)
    assert expected


@pytest.mark.parametrize(
    ("body", "kind", "accept", "code", "phrase"),
    [
        (b"a,b\n1,2\n", "text/csv", "text/csv", 400, "the column customer_id is missing; send the columns of customer_features."),
        (b"{", "application/json", "text/csv", 400, "the body is not valid application/json"),
        (b"x", "application/xml", "text/csv", 415, "content type application/xml: expected text/csv or application/json."),
    ],
)
def test_a_bad_request_is_a_4xx_with_a_sentence(service, trained, body, kind, accept, code, phrase):  # noqa: F811
    context, _ = ask(service, trained, body, kind, accept)

    assert context.code == code
    assert context.phrase.startswith(phrase)
