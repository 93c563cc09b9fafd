"""Types and time formats are judged from the text of values."""

from __future__ import annotations

import pytest

from offline.source_draft.values import ValueType, normalized, type_of


@pytest.mark.parametrize(
    ("name", "values", "expected"),
    [
        ("Quantity", ["1", "-12"], ValueType("int")),
        ("views", ["1", "12345678901"], ValueType("bigint")),
        ("Order ID", ["1001", "1002"], ValueType()),
        ("Zip", ["01099", "10115"], ValueType()),
        ("units", ["007", "12"], ValueType("int")),
        ("size", ["007", "012"], ValueType()),
        ("price", ["19.90", "5", ".5"], ValueType("decimal(18,4)")),
        ("preis", ["1.190,00", "19,90"], ValueType("decimal(18,4)", comma=True)),
        ("score", ["0.123456", "1"], ValueType("double")),
        ("active", ["True", "false"], ValueType("boolean")),
        ("note", ["12 pieces"], ValueType()),
        ("Created at", ["2024-03-01 10:22:33 +0100"], ValueType("timestamp", ("yyyy-MM-dd HH:mm:ss Z",))),
        ("time", ["2024-03-01T10:22:33Z"], ValueType("timestamp", ("yyyy-MM-dd'T'HH:mm:ss'Z'",))),
        ("event_time", ["2019-10-01 00:00:00 UTC"], ValueType("timestamp", ("yyyy-MM-dd HH:mm:ss 'UTC'",))),
        ("timestamp", ["1433221332117"], ValueType("timestamp", ("epoch_ms",))),
        ("created_at", ["1433221332"], ValueType("timestamp", ("epoch_s",))),
        ("phone", ["1433221332"], ValueType()),
        ("day", ["01.03.2025", "28.02.2025"], ValueType("date", ("dd.MM.yyyy",))),
        ("day", ["13/1/2024", "1/2/2024"], ValueType("date", ("d/M/yyyy",))),
        ("day", ["1/13/2024", "1/2/2024"], ValueType("date", ("M/d/yyyy",))),
        (
            "day",
            ["1/2/2024"],
            ValueType("date", ("d/M/yyyy",), note="the sample fits d/M/yyyy and M/d/yyyy"),
        ),
        ("total", ["1,190.00", "5.00"], ValueType(note="numbers with commas between thousands; convert them in the SELECT")),
        ("empty", [], ValueType(note="no values in the sample")),
    ],
)
def test_the_narrowest_type_of_all_values(name: str, values: list[str], expected: ValueType) -> None:
    assert type_of(name, values) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [("Created at", "created_at"), ("createdAt", "created_at"), ("Lineitem-SKU ", "lineitem_sku"), ("InvoiceNo", "invoice_no")],
)
def test_names_are_compared_in_one_form(name: str, expected: str) -> None:
    assert normalized(name) == expected
