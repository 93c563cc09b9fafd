"""What the inference scripts share: rows from a request, an answer from predictions, and refusals with a status of 4xx."""

from __future__ import annotations

import importlib
import io
import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

CSV, JSON = "text/csv", "application/json"
BAD_REQUEST, NOT_ACCEPTABLE, UNSUPPORTED = 400, 406, 415


def _toolkit_error() -> type[Exception]:
    """The error whose status SageMaker's inference toolkit returns; a plain one outside its image."""
    try:
        return importlib.import_module("sagemaker_inference.errors").BaseInferenceToolkitError  # type: ignore[no-any-return]
    except ImportError:
        return Exception


class RequestError(_toolkit_error()):  # type: ignore[misc] # the base depends on where the script runs
    """A request that cannot be answered; the message is a sentence for its sender."""

    def __init__(self, status_code: int, message: str) -> None:
        Exception.__init__(self, message)
        self.status_code, self.message, self.phrase = status_code, message, message

    def __str__(self) -> str:
        return self.message


def rows_of(body: str | bytes, content_type: str, *, key: str, numbers: Sequence[str], table: str) -> pd.DataFrame:
    """Rows from CSV with a header, or from a JSON array of objects. RequestError names what is wrong with them."""
    return checked_rows(parsed_rows(body, content_type, texts=[key]), key=key, numbers=numbers, table=table)


def parsed_rows(body: str | bytes, content_type: str, *, texts: Sequence[str]) -> pd.DataFrame:
    """Rows with any columns, of which `texts` stay text. RequestError for another type, or a body that is not of its type."""
    kind = content_type.split(";", maxsplit=1)[0].strip()
    if kind not in (CSV, JSON):
        raise RequestError(UNSUPPORTED, f"content type {content_type}: expected {CSV} or {JSON}.")
    try:
        text = body.decode("utf-8") if isinstance(body, bytes) else body
        if kind == JSON:
            return pd.DataFrame(json.loads(text))
        return pd.read_csv(io.StringIO(text), dtype=dict.fromkeys(texts, "string"))
    except ValueError as error:
        raise RequestError(BAD_REQUEST, f"the body is not valid {kind}: {str(error).splitlines()[0]}") from None


def checked_rows(rows: pd.DataFrame, *, key: str, numbers: Sequence[str], table: str) -> pd.DataFrame:
    """The rows with numbers as such. RequestError for a missing column, text in place of a number, no rows, or infinity."""
    missing = [name for name in (key, *numbers) if name not in rows.columns]
    if missing:
        raise RequestError(BAD_REQUEST, f"the column {missing[0]} is missing; send the columns of {table}.")
    for name in numbers:
        try:
            rows[name] = rows[name].astype("float64")
        except (TypeError, ValueError):
            raise RequestError(BAD_REQUEST, f"{name} has a value that is no number; send null where nothing is known.") from None
    if rows.empty or np.isinf(rows[[*numbers]].to_numpy()).any():
        raise RequestError(
            BAD_REQUEST, "there are no rows, or a number is infinite; send finite numbers, and null where nothing is known."
        )
    return rows


def answer_of(prediction: pd.DataFrame, accept: str) -> Any:
    """CSV without a header, or a JSON array of objects. RequestError for another type."""
    kind = accept.split(";", maxsplit=1)[0].strip()
    if kind == CSV:
        return prediction.to_csv(index=False, header=False)
    if kind in (JSON, "*/*"):
        return prediction.to_json(orient="records")
    raise RequestError(NOT_ACCEPTABLE, f"accept {accept}: expected {CSV} or {JSON}.")
