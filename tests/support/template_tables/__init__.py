"""What the samples of the ready-made sources must become: rows and counts, written by hand."""

from __future__ import annotations

from tests.support.template_tables.events import OF_TRACKERS
from tests.support.template_tables.orders import ORDERS
from tests.support.template_tables.payments import PAYMENTS

EXPECTED = ORDERS | PAYMENTS | OF_TRACKERS
