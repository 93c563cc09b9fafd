"""What the serving API answers: published results of the serving table, and windows and features of the live table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from lambdas.common.raw_folders import STREAM
from lambdas.common.table import Item, Table
from lambdas.live import keys, metrics
from lambdas.live.customers import LIVE
from lambdas.live.metrics import Distinct, Tally, UnknownWindowError, Window, decimal
from lambdas.serving.errors import NOT_FOUND, PARAMETER, RequestError
from lambdas.serving.published import CUSTOMER, EVERYONE, RECOMMENDATIONS, RELATED, Published

HIGHEST_GROUPS = 20
HOUR = 3_600_000
DAY_HOURS = 24


@dataclass(frozen=True, kw_only=True)
class Results:
    """Both tables."""

    live: Table
    serving: Table

    def metrics(self, *, seconds: int, since: datetime, until: datetime) -> dict[str, Any]:
        """Windows, oldest first, with the most frequent brands and categories."""
        return {"windows": [_window(window) for window in self._windows(seconds, since, until)]}

    def top_products(self, *, since: datetime, until: datetime, by: str, limit: int) -> dict[str, Any]:
        """Products by number of events of a type, or by revenue."""
        top = metrics.top_products(self._windows(60, since, until), by=by, limit=limit)
        return {"by": by, "products": [{"product_id": product, **_tally(tally)} for product, tally in top]}

    def _windows(self, seconds: int, since: datetime, until: datetime) -> list[Window]:
        try:
            return list(metrics.read(self.live, seconds=seconds, since=since, until=until))
        except UnknownWindowError as error:
            raise RequestError(PARAMETER, f"There are no {error}.") from None

    def customer(self, customer_id: str, *, source: str) -> dict[str, Any]:
        """Segment, RFM, value, churn and unusual activity as published, and the live features of the source `stream`."""
        pointer = Published(self.serving).pointer(source)
        published = self._published(CUSTOMER, source, customer_id, pointer) or {}
        live = self.live.get(keys.customer(customer_id), LIVE) if source == STREAM else None
        if not published and live is None:
            raise self._not_found(f"customer {customer_id}", source, pointer)
        as_of = pointer.get("as_of") if pointer else None
        rfm = published.get("rfm")
        if rfm and as_of:
            rfm["recency_days"] = (date.fromisoformat(as_of) - date.fromisoformat(rfm["last_order_date"])).days
        return {"customer_id": customer_id, "source": source, "as_of": as_of, **published, "live": live and _features(live)}

    def recommendations(self, customer_id: str, *, source: str) -> dict[str, Any]:
        """The customer's products, or those for everyone without a list of their own."""
        pointer = Published(self.serving).pointer(source)
        own = self._published(RECOMMENDATIONS, source, customer_id, pointer)
        content = own or self._published(RECOMMENDATIONS, source, EVERYONE, pointer)
        if content is None:
            raise self._not_found(f"recommendations for customer {customer_id}", source, pointer)
        return {"customer_id": customer_id, "source": source, "personal": own is not None, **content}

    def related(self, product_id: str, *, source: str) -> dict[str, Any]:
        """Products viewed or bought together with this one."""
        pointer = Published(self.serving).pointer(source)
        content = self._published(RELATED, source, product_id, pointer)
        if content is None:
            raise self._not_found(f"products related to product {product_id}", source, pointer)
        return {"product_id": product_id, "source": source, **content}

    def _published(self, kind: str, source: str, item_id: str, pointer: Item | None) -> dict[str, Any] | None:
        return Published(self.serving).data(kind, source, item_id, version=pointer["version"]) if pointer else None

    def _not_found(self, what: str, source: str, pointer: Item | None) -> RequestError:
        if pointer:
            return RequestError(NOT_FOUND, f"There is no {what} in source {source}.")
        sources = ", ".join(Published(self.serving).sources()) or "none yet"
        return RequestError(NOT_FOUND, f"There is no {what}: source {source} is not published. Published sources: {sources}.")


def _window(window: Window) -> dict[str, Any]:
    return {
        "start": window.start.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "seconds": window.seconds,
        **_tally(window.total),
        "active_users": _distinct(window.active_users),
        "active_sessions": _distinct(window.active_sessions),
        "funnel": {"view": window.funnel.view, "cart": window.funnel.cart, "purchase": window.funnel.purchase},
        "late": window.late.events,
        "ahead": window.ahead.events,
        "duplicates": window.duplicates,
        "bots": window.bots,
        "warnings": window.warnings,
        "brands": _most(window.brands),
        "categories": _most(window.categories),
    }


def _tally(tally: Tally) -> dict[str, Any]:
    return {"events": tally.events, "counts": tally.counts, "values": tally.values, "revenue": tally.revenue}


def _most(groups: Mapping[str, Tally]) -> dict[str, Any]:
    most = sorted(groups.items(), key=lambda entry: (-entry[1].events, entry[0]))[:HIGHEST_GROUPS]
    return {name: _tally(tally) for name, tally in most}


def _distinct(number: Distinct) -> dict[str, Any]:
    return {"count": number.count, "exact": number.exact}


def _features(item: Item) -> dict[str, Any]:
    """Live features; the rolling counts end with the customer's last event."""
    newest = item["last_seen"] // HOUR
    session = item["session"]
    return {
        "last_seen": _time(item["last_seen"]),
        "session": {"start": _time(session["start"]), "last": _time(session["last"]), "events": session["events"]},
        "cart": {product: {"quantity": line[0], "value": decimal(line[1])} for product, line in item["cart"].items()},
        "cart_value": decimal(sum(line[1] for line in item["cart"].values())),
        "last_hour": _rolling(item, newest),
        "last_day": _rolling(item, newest - DAY_HOURS + 1),
        "rfm": {
            "last_purchase": _time(item["last_purchase"]) if item["last_purchase"] else None,
            "purchases": item["purchases"],
            "spent": decimal(item["spent"]),
            "refunded": decimal(item["refunded"]),
        },
    }


def _rolling(item: Item, first: int) -> dict[str, int]:
    counts: dict[str, int] = {}
    for hour, kinds in item["hours"].items():
        for kind, count in kinds.items() if int(hour) >= first else ():
            counts[kind] = counts.get(kind, 0) + count
    return counts


def _time(milliseconds: int) -> str:
    return datetime.fromtimestamp(milliseconds / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
