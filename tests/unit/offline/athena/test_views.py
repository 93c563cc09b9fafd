"""Views are expanded into the query, and parameters are filled in, without changing what names refer to."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from contracts.errors import UsageError
from offline.athena import AthenaEngine, Table, View

BRANDS = View(
    "with named as (select brand, quantity from events where brand is not null) "
    "select brand, sum(quantity) as units from named group by brand",
    (("brand", "varchar"), ("units", "bigint")),
)
BEST = View("select brand from brands where units > 5", (("brand", "varchar"),))
LOOP = View("select brand from loop", (("brand", "varchar"),))


@pytest.fixture(scope="module")
def engine(tables: dict[str, Table]) -> Iterator[AthenaEngine]:
    engine = AthenaEngine(tables, {"curated.brands": BRANDS, "curated.best": BEST, "curated.loop": LOOP})
    yield engine
    engine.close()


@pytest.mark.parametrize(
    ("sql", "rows"),
    [
        ("select * from brands order by brand", [("elm", 9), ("oak", 5)]),
        ("select b.units / 2 from curated.brands as b where b.brand = 'oak'", [(2,)]),
        ("select brands.units from BRANDS where brand = 'elm'", [(9,)]),
        ("select brand from best", [("elm",)]),
        ("select count(*) from brands a join brands b on a.units > b.units", [(1,)]),
        ("select count(*) from events e join brands using (brand)", [(4,)]),
        ("select brand from brands b where exists (select 1 from best x where x.brand = b.brand)", [("elm",)]),
        ("select brand from brands where units = (select max(units) from brands)", [("elm",)]),
        ("select u from brands as t (b, u) order by 1", [(5,), (9,)]),
        ("select 1 from best union all select 2 from best order by 1", [(1,), (2,)]),
        # neither a CTE of the query nor one of the view hides a table of the other
        ("with events as (select 'fir' as brand, 99 as quantity) select max(units) from brands", [(9,)]),
        ("with named as (select 1 as one) select one, max(units) from brands cross join named group by one", [(1, 9)]),
    ],
)
def test_a_view_is_queried_like_a_table(engine: AthenaEngine, sql: str, rows: list[tuple[Any, ...]]) -> None:
    assert engine.query(sql).rows == rows


def test_views_are_listed_and_described(engine: AthenaEngine) -> None:
    assert ("curated", "brands") in engine.query("show tables in curated").rows
    assert engine.query("describe brands").rows == [("brand", "varchar", ""), ("units", "bigint", "")]
    assert engine.query("select * from brands").columns == [("brand", "varchar"), ("units", "bigint")]


@pytest.mark.parametrize(
    ("sql", "sentence"),
    [
        ("select unit from brands", "There is no column unit in curated.brands; did you mean units."),
        ("select quantity from brands", "There is no column quantity in curated.brands"),
        ("select 1 from brand", "There is no table brand; did you mean"),
        ("select brand from loop", "View curated.loop reads itself (curated.loop reads curated.loop)"),
    ],
)
def test_an_error_names_the_view(engine: AthenaEngine, sql: str, sentence: str) -> None:
    with pytest.raises(UsageError) as error:
        engine.query(sql)

    assert str(error.value).startswith(sentence)


@pytest.mark.parametrize(
    ("sql", "parameters", "row"),
    [
        ("select ?, ?, ?", ["it's", 7, Decimal("1.50")], ("it's", 7, Decimal("1.50"))),
        ("select ?, ?, ?", [date(2025, 1, 6), True, None], (date(2025, 1, 6), True, None)),
        ("select '?' -- or ?\n, ? /* ? */", ["' or 1 = 1 --"], ("?", "' or 1 = 1 --")),
        ("with one as (select ? as n) select n, ? from one where n = ?", [1, 2, 1], (1, 2)),
    ],
)
def test_parameters_are_values_in_the_order_of_the_text(
    engine: AthenaEngine, sql: str, parameters: list[Any], row: tuple[Any, ...]
) -> None:
    assert engine.query(sql, parameters).rows == [row]


@pytest.mark.parametrize(
    ("sql", "parameters", "sentence"),
    [
        ("select ?", [1, 2], "The query has 1 parameters (?), but 2 values; give one value for each."),
        ("select ?", [1.5], "1.5 cannot be a parameter; pass text, a whole number, a decimal, a date or a boolean."),
    ],
)
def test_a_wrong_parameter_is_an_error(engine: AthenaEngine, sql: str, parameters: list[Any], sentence: str) -> None:
    with pytest.raises(UsageError) as error:
        engine.query(sql, parameters)

    assert str(error.value) == sentence
