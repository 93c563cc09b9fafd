"""The shop's products: categories, brands, log-normal costs and margins, Zipf-like popularity."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from offline.generator.behavior import per_group
from offline.generator.plan import FloatArray, IntArray, Plan

PAIRS = 5
PAIR_PROBABILITY = 0.6  # of buying the companion with the anchor
STOCK_DAYS = 21  # of an average product's demand
UNITS_PER_EVENT = 0.085
FRAUD_PRODUCT_SHARE = 0.05  # fraud buys from this share of products, the most expensive ones


@dataclass(frozen=True)
class Category:
    code: str
    noun: str
    cost: float  # median, in the shop's currency
    brands: tuple[str, ...]


CATEGORIES = (
    Category("electronics.smartphone", "Phone", 260, ("samsung", "apple", "xiaomi", "huawei", "oppo")),
    Category("computers.notebook", "Notebook", 520, ("lenovo", "hp", "asus", "acer", "apple")),
    Category("electronics.audio.headphone", "Headphones", 38, ("sony", "jbl", "apple", "samsung")),
    Category("electronics.clocks", "Watch", 70, ("casio", "apple", "garmin", "orient")),
    Category("electronics.video.tv", "Television", 290, ("lg", "samsung", "sony", "artel")),
    Category("appliances.kitchen.mixer", "Mixer", 24, ("bosch", "elenberg", "philips", "tefal")),
    Category("appliances.kitchen.refrigerators", "Refrigerator", 330, ("lg", "indesit", "bosch", "beko")),
    Category("appliances.environment.vacuum", "Vacuum cleaner", 75, ("dyson", "philips", "samsung", "karcher")),
    Category("apparel.shoes", "Shoes", 28, ("nike", "adidas", "respect", "baden")),
    Category("apparel.shirt", "Shirt", 11, ("levis", "sela", "zara")),
    Category("furniture.living_room.sofa", "Sofa", 240, ("brw", "ikea", "meridian")),
    Category("kids.toys", "Toy", 9, ("lego", "hasbro", "barbie", "simba")),
    Category("stationery.paper", "Notebook pad", 3, ("moleskine", "oxford", "leuchtturm")),
    Category("construction.tools.drill", "Drill", 48, ("makita", "bosch", "dewalt")),
)
FINISHES = ("", "", "", ", black", ", white", " 2-pack", ' 15"', " Pro")


@dataclass(frozen=True)
class Catalog:
    """One entry per product, in category order; money in cents. Code refers to products by index."""

    product_id: list[str]
    name: list[str]
    category_id: list[str]
    category: list[str]  # '' if unknown
    brand: list[str]  # '' if unknown
    cost: IntArray
    list_price: IntArray
    stock: IntArray
    first: IntArray  # index of each category's first product, plus the end
    demand: FloatArray  # cumulative popularity, one group after the other, for `pick`
    pairs: tuple[tuple[int, int], ...]  # (anchor, companion)
    expensive: IntArray  # the products that fraud buys

    def __len__(self) -> int:
        return len(self.product_id)

    def pick(self, rng: np.random.Generator, *, group: IntArray, category: IntArray) -> IntArray:
        """A product for each (group, category); category -1 is the whole catalog."""
        size = len(self)
        anywhere = category < 0
        low = np.where(anywhere, 0, self.first[np.maximum(category, 0)])
        high = np.where(anywhere, size, self.first[np.maximum(category, 0) + 1])
        # `demand` rises by 1 over each group's products, so one search serves all groups.
        base = group * (size + 1)
        bottom, top = self.demand[base + low], self.demand[base + high]
        index = np.searchsorted(self.demand, bottom + rng.random(len(group)) * (top - bottom), side="right") - 1 - base
        product: IntArray = np.clip(index, low, high - 1)
        return product


def build(plan: Plan) -> Catalog:
    """The catalog of a plan: one product per four users, between 140 and 20,000."""
    rng = plan.rng("catalog")
    size = int(np.clip(plan.users // 4, 10 * len(CATEGORIES), 20_000))
    category = np.sort(
        np.concatenate([np.repeat(np.arange(len(CATEGORIES)), 6), rng.integers(0, len(CATEGORIES), size - 6 * len(CATEGORIES))])
    )
    first = np.searchsorted(category, np.arange(len(CATEGORIES) + 1)).astype(np.int64)
    cost = _costs(rng, category)
    price = _prices(rng, cost)
    popularity = rng.permutation(1.0 / np.arange(3, size + 3) ** 0.9)
    pairs = _pairs(first, popularity)
    popularity[[anchor for anchor, _ in pairs]] *= 2.0
    ids, names, brands = _labels(plan, rng, category)
    no_category, no_brand = (0.30, 0.14) if plan.layout == "rees46" else (0.0, 0.04)
    uncategorized = rng.random(size) < no_category
    unbranded = rng.random(size) < no_brand
    return Catalog(
        product_id=ids,
        name=names,
        category_id=[str(2_053_013_552_000_000_000 + 7_919_000_017 * (int(number) + 1)) for number in category],
        category=["" if missing else CATEGORIES[number].code for number, missing in zip(category, uncategorized, strict=True)],
        brand=["" if missing else brand for brand, missing in zip(brands, unbranded, strict=True)],
        cost=cost,
        list_price=price,
        stock=_stock(rng, size, events_per_day=plan.events_per_day),
        first=first,
        demand=_demand(popularity, price),
        pairs=pairs,
        expensive=np.sort(np.argsort(price)[-max(3, int(size * FRAUD_PRODUCT_SHARE)) :]),
    )


def _costs(rng: np.random.Generator, category: IntArray) -> IntArray:
    median = np.array([entry.cost for entry in CATEGORIES])[category]
    return np.maximum(np.round(median * np.exp(rng.normal(0, 0.5, len(category))) * 100), 40).astype(np.int64)


def _prices(rng: np.random.Generator, cost: IntArray) -> IntArray:
    """Cost and a log-normal margin (median 45 %); most prices end in 99."""
    price = np.round(cost * (1 + 0.45 * np.exp(rng.normal(0, 0.4, len(cost))))).astype(np.int64)
    rounded = (price // 100) * 100 + 99
    return np.where(rng.random(len(cost)) < 0.7, rounded, price)


def _stock(rng: np.random.Generator, size: int, *, events_per_day: int) -> IntArray:
    """Log-normal initial stock in units. Popular products run low within days, which triggers restocks."""
    median = max(12.0, events_per_day * UNITS_PER_EVENT * STOCK_DAYS / size)
    units: IntArray = np.round(median * np.exp(rng.normal(0, 0.7, size))).astype(np.int64) + 3
    return units


def _pairs(first: IntArray, popularity: FloatArray) -> tuple[tuple[int, int], ...]:
    """The most popular product of some categories, each with a product of medium popularity of another category."""
    pairs = []
    for number in range(PAIRS):
        anchors = np.arange(first[2 * number], first[2 * number + 1])
        other = 2 * number + 3
        companions = np.arange(first[other], first[other + 1])
        by_popularity = companions[np.argsort(popularity[companions], kind="stable")]
        pairs.append((int(anchors[np.argmax(popularity[anchors])]), int(by_popularity[len(by_popularity) // 2])))
    return tuple(pairs)


def _labels(plan: Plan, rng: np.random.Generator, category: IntArray) -> tuple[list[str], list[str], list[str]]:
    """Ids, names and brands."""
    size = len(category)
    numbers = 1_000_000 + np.cumsum(rng.integers(1, 4_000, size)) if plan.layout == "rees46" else np.arange(1, size + 1)
    ids = [str(number) if plan.layout == "rees46" else f"p{number:05d}" for number in numbers]
    brands = [
        CATEGORIES[number].brands[int(draw * len(CATEGORIES[number].brands))]
        for number, draw in zip(category, rng.random(size) ** 1.5, strict=True)
    ]
    finish = rng.integers(0, len(FINISHES), size)
    names = [
        f"{brand.title()} {CATEGORIES[number].noun} {position + 1}{FINISHES[look]}"
        for position, (number, brand, look) in enumerate(zip(category, brands, finish, strict=True))
    ]
    return ids, names, brands


def _demand(popularity: FloatArray, price: IntArray) -> FloatArray:
    """Cumulative popularity per group, 0 to 1 plus the group's number, flattened; one more entry than products per group."""
    taste = per_group("price_taste")[:, None]
    weight = popularity[None, :] * (price[None, :] / 100.0) ** taste
    running = np.concatenate([np.zeros((len(taste), 1)), np.cumsum(weight, axis=1)], axis=1)
    scaled = running / running[:, -1:] + np.arange(len(taste))[:, None]
    flat: FloatArray = scaled.ravel()
    return flat
