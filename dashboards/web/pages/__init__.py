"""The pages, in the order of the menu."""

from __future__ import annotations

from dashboards.web.page import Page
from dashboards.web.pages import (
    customers,
    explore,
    funnel,
    inventory,
    live,
    orders,
    products,
    quality,
    recommendations,
    risk,
    sales,
)

PAGES: dict[str, Page] = {
    page.path: page
    for page in (
        sales.PAGE,
        products.PAGE,
        customers.PAGE,
        risk.PAGE,
        inventory.PAGE,
        funnel.PAGE,
        recommendations.PAGE,
        live.PAGE,
        quality.PAGE,
        orders.PAGE,
        explore.PAGE,
    )
}
