"""Frauds added to a shop's order lines, for judging detectors. It writes facts as a shop has them, and knows no features."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

Line = dict[str, object]
MINUTE = pd.Timedelta(minutes=1)


@dataclass
class Shop:
    """What a fraudster sees: products with their usual price, customers, and the days on which to act."""

    random: np.random.Generator
    products: pd.DataFrame
    customers: np.ndarray
    first: pd.Timestamp
    last: pd.Timestamp
    number: int = 0

    def moment(self) -> pd.Timestamp:
        """A time in the period, in shop hours."""
        day = self.first + (self.last - self.first) * float(self.random.random())
        return day.normalize() + pd.Timedelta(minutes=int(self.random.integers(9 * 60, 18 * 60)))

    def product(self, low: float, high: float) -> pd.Series:
        """A product between two quantiles of price."""
        place = int(self.random.uniform(low, high) * (len(self.products) - 1))
        return self.products.iloc[place]

    def order(self, kind: str, customer: str, at: pd.Timestamp, lines: list[tuple[str, int, float]]) -> list[Line]:
        """The sale lines of one order."""
        self.number += 1
        return [
            {
                "order_id": f"{kind}-{self.number}",
                "customer_id": customer,
                "product_id": product,
                "quantity": quantity,
                "unit_price": round(price, 2),
                "ordered_at": at,
                "line_type": "sale",
            }
            for product, quantity, price in lines
        ]


def card_testing(shop: Shop) -> list[Line]:
    """A new account tries stolen cards: a dozen orders of one cheap item within half an hour."""
    account, start, lines = f"new-{shop.random.integers(1 << 40)}", shop.moment(), []
    for _ in range(int(shop.random.integers(8, 14))):
        product = shop.product(0.0, 0.3)
        start += MINUTE * int(shop.random.integers(1, 5))
        lines += shop.order("card_testing", account, start, [(product["product_id"], 1, product["price"])])
    return lines


def account_takeover(shop: Shop) -> list[Line]:
    """A stolen account buys a few of the most expensive products at night."""
    at = shop.moment().normalize() + MINUTE * int(shop.random.integers(60, 270))
    chosen = [shop.product(0.97, 1.0) for _ in range(int(shop.random.integers(2, 5)))]
    lines = {
        product["product_id"]: (product["product_id"], int(shop.random.integers(1, 5)), product["price"]) for product in chosen
    }
    return shop.order("account_takeover", str(shop.random.choice(shop.customers)), at, list(lines.values()))


def refund_abuse(shop: Shop) -> list[Line]:
    """A customer orders again and again and sends nearly everything back."""
    account, at, lines = str(shop.random.choice(shop.customers)), shop.moment(), []
    for _ in range(int(shop.random.integers(5, 8))):
        product = shop.product(0.5, 0.95)
        bought = shop.order(
            "refund_abuse", account, at, [(product["product_id"], int(shop.random.integers(1, 4)), product["price"])]
        )
        back = [{**line, "order_id": f"{line['order_id']}-back", "line_type": "return"} for line in bought]
        for one in back:
            one["quantity"], one["ordered_at"] = -int(str(one["quantity"])), at + pd.Timedelta(days=2)
        lines += [*bought, *back]
        at += pd.Timedelta(days=int(shop.random.integers(3, 6)))
    return lines


def price_error_hoarding(shop: Shop) -> list[Line]:
    """A product is listed at a fraction of its price by mistake, and buyers take as many as they can."""
    product, at, lines = shop.product(0.4, 0.95), shop.moment(), []
    price = max(float(product["price"]) * float(shop.random.uniform(0.01, 0.1)), 0.01)
    for _ in range(int(shop.random.integers(3, 6))):
        at += MINUTE * int(shop.random.integers(5, 60))
        order = [(product["product_id"], int(shop.random.integers(10, 60)), price)]
        lines += shop.order("price_error_hoarding", str(shop.random.choice(shop.customers)), at, order)
    return lines


KINDS: Mapping[str, Callable[[Shop], list[Line]]] = {
    "card_testing": card_testing,
    "account_takeover": account_takeover,
    "refund_abuse": refund_abuse,
    "price_error_hoarding": price_error_hoarding,
}


def with_frauds(
    lines: pd.DataFrame, *, first: pd.Timestamp, last: pd.Timestamp, share: float, seed: int
) -> tuple[pd.DataFrame, pd.Series]:
    """The order lines with frauds between two instants, and the kind by order_id of a fraud.

    Each kind makes up about `share` of the orders of the period.
    """
    return _with_frauds(lines, "order_id", first=first, last=last, share=share, seed=seed)


def with_fraudulent_customers(
    lines: pd.DataFrame, *, first: pd.Timestamp, last: pd.Timestamp, share: float, seed: int
) -> tuple[pd.DataFrame, pd.Series]:
    """The same with the kind by customer_id; each kind makes up about `share` of the customers of the period."""
    return _with_frauds(lines, "customer_id", first=first, last=last, share=share, seed=seed)


def _with_frauds(
    lines: pd.DataFrame, key: str, *, first: pd.Timestamp, last: pd.Timestamp, share: float, seed: int
) -> tuple[pd.DataFrame, pd.Series]:
    sales = lines[(lines["line_type"] == "sale") & (lines["item_kind"] == "product") & (lines["unit_price"].astype(float) > 0)]
    prices = sales.assign(price=sales["unit_price"].astype(float)).groupby("product_id")["price"].median().reset_index()
    known = sales["customer_id"].dropna().value_counts()
    shop = Shop(
        np.random.default_rng(seed),
        prices.sort_values(["price", "product_id"], ignore_index=True),
        np.sort(known[known > 1].index.to_numpy().astype(str)),
        first,
        last,
    )
    least, added = max(int(sales.loc[sales["ordered_at"].between(first, last), key].nunique() * share), 3), []
    for make in KINDS.values():
        made: list[Line] = []
        while len({line[key] for line in made if line["line_type"] == "sale"}) < least:
            made += make(shop)
        added += made
    frauds = pd.DataFrame(added)
    frauds["item_kind"], frauds["order_item_id"] = "product", [f"fraud-{number}" for number in range(len(frauds))]
    frauds["order_date"] = frauds["ordered_at"].dt.date
    frauds["net_amount"] = (frauds["quantity"] * frauds["unit_price"]).round(4)
    bought = frauds.loc[frauds["line_type"] == "sale", [*{"order_id", key}]].drop_duplicates(key)
    kinds = pd.Series(bought["order_id"].str.rsplit("-", n=1).str[0].to_numpy(), index=bought[key].to_numpy())
    return pd.concat([lines, frauds], ignore_index=True), kinds
