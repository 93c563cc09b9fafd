"""Answers small enough for Lambda, which returns at most 6 MB: Plotly's script has 4.5 MB."""

from __future__ import annotations

import gzip

from flask import Flask, Response, request

SMALLEST = 1024
TEXTS = ("text/", "application/json", "application/javascript")


def compress(app: Flask) -> None:
    """Send texts as gzip to browsers that take it: all of them."""
    app.after_request(_compressed)


def _compressed(response: Response) -> Response:
    if response.status_code != 200 or response.content_encoding or not (response.mimetype or "").startswith(TEXTS):
        return response
    if not request.accept_encodings["gzip"]:
        return response
    response.direct_passthrough = False  # a file of the static folder
    content = response.get_data()
    if len(content) >= SMALLEST:
        response.set_data(gzip.compress(content, 6, mtime=0))
        response.content_encoding = "gzip"
        response.vary.add("Accept-Encoding")
    return response
