"""The charges of the web dashboard on AWS: people open pages, and a page asks Athena some queries."""

from __future__ import annotations

from collections.abc import Iterator

from stacks.cost.model import Charge, Load, Resource, assume, priced

STACK = "dashboard/"


def pages(load: Load) -> float:
    """Pages a month; nobody opens the dashboard of a lake without data."""
    return assume("dashboard_users") * assume("dashboard_pages_per_user") if load.runs else 0


def requests(load: Load) -> float:
    return pages(load) * assume("dashboard_requests_per_page")


def queries(load: Load) -> Charge:
    gb = pages(load) * assume("dashboard_queries_per_page") * assume("dashboard_gb_per_query")
    how = f"{pages(load):,.0f} pages × {assume('dashboard_queries_per_page'):.0f} × {assume('dashboard_gb_per_query'):g} GB"
    return Charge("athena", gb, how)


def log_gb(load: Load) -> float:
    """An access log's line, and the function's own two."""
    return requests(load) * assume("log_lines_per_call") * assume("live_log_line_bytes") / 1e9


@priced("AWS::Cognito::UserPool")
def users(_resource: Resource, load: Load) -> Iterator[Charge]:
    count = assume("dashboard_users") if load.runs else 0
    yield Charge("user", count, f"{count:.0f} users")


@priced("AWS::ApiGatewayV2::Api")
def api(_resource: Resource, load: Load) -> Iterator[Charge]:
    yield Charge("http api request", requests(load), f"{requests(load):,.0f} requests")
