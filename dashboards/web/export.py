"""A page as a zip: a CSV for each of its tables, and filters.txt with what they show."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping

from dashboards.web.data import Answer
from dashboards.web.filters import Filters
from dashboards.web.page import Page
from offline.console.render import write_csv

# The date of every entry, so that the same rows give the same bytes.
EPOCH = (1980, 1, 1, 0, 0, 0)


def archive(page: Page, filters: Filters, answers: Mapping[str, Answer]) -> bytes:
    """The zip. Its CSVs are safe to open in a spreadsheet: no text can act as a formula."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        _add(target, "filters.txt", _about(page, filters, answers))
        for name, answer in answers.items():
            text = io.StringIO()
            write_csv(text, answer.columns, (tuple(row.values()) for row in answer.rows), spreadsheet=True)
            _add(target, f"{name}.csv", text.getvalue())
    return out.getvalue()


def _about(page: Page, filters: Filters, answers: Mapping[str, Answer]) -> str:
    read_at = min((answer.read_at for answer in answers.values()), default=None)
    stated = f"read at (UTC): {read_at:%Y-%m-%d %H:%M:%S}\n" if read_at else ""
    return f"page: {page.title}\n{filters.text()}{stated}"


def _add(target: zipfile.ZipFile, name: str, text: str) -> None:
    target.writestr(zipfile.ZipInfo(name, EPOCH), text.encode(), zipfile.ZIP_DEFLATED)
