"""BG/NBD and Gamma-Gamma: planted parameters, published ones, and another library's on the same customers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pytest
from scipy.special import betaln, gammaln

from glue_jobs.algorithms.customer_value import bg_nbd
from glue_jobs.algorithms.customer_value.bg_nbd import BgNbd, fit_bg_nbd
from glue_jobs.algorithms.customer_value.gamma_gamma import GammaGamma, fit_gamma_gamma
from glue_jobs.algorithms.customer_value.maximum_likelihood import Floats
from glue_jobs.algorithms.customer_value.models import Models, fit
from tests.end_to_end import repeat_buying

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

# Fader, Hardie & Lee (2005), table 2: the parameters that they found for CDNOW, in weeks.
CDNOW = BgNbd(r=0.243, alpha=4.414, a=0.793, b=2.426)


class Customers(NamedTuple):
    x: Floats
    t_x: Floats
    age: Floats
    mean: Floats


@pytest.fixture(scope="module")
def customers() -> Customers:
    """Five thousand customers who live as the models have it: r 0.5, alpha 30 days, a 0.8, b 2.5; p 4, q 3.5, v 25."""
    rng = np.random.default_rng(20111209)
    rows = []
    for _ in range(5000):
        age, rate, leaves = rng.integers(100, 700), rng.gamma(0.5, 1 / 30), rng.beta(0.8, 2.5)
        x, t_x, clock = 0, 0.0, rng.exponential(1 / rate)
        while clock < age:
            x, t_x = x + 1, clock
            if rng.random() < leaves:
                break
            clock += rng.exponential(1 / rate)
        mean = rng.gamma(4 * x, 1 / (rng.gamma(3.5, 1 / 25) * x)) if x else 0.0
        rows.append((x, t_x, age, mean))
    return Customers(*np.array(rows, dtype=np.float64).T)


def test_planted_parameters_are_found(customers: Customers):
    model = fit_bg_nbd(customers.x, customers.t_x, customers.age, np.ones(5000))
    assert model is not None
    assert model.r == pytest.approx(0.5, rel=0.1)
    assert model.alpha == pytest.approx(30, rel=0.15)
    assert model.a / (model.a + model.b) == pytest.approx(0.8 / 3.3, rel=0.1)
    back = customers.x > 0
    value = fit_gamma_gamma(customers.x[back], customers.mean[back], np.ones(back.sum()))
    assert value is not None
    assert value.p * value.v / (value.q - 1) == pytest.approx(4 * 25 / 2.5, rel=0.05)


def test_another_library_finds_the_same(customers: Customers):
    # GIVEN what lifetimes 0.11.3 says of these customers: BetaGeoFitter().fit(x, t_x, age).params_ and, of those who came
    # back, GammaGammaFitter().fit(x, mean).params_; then the sums of its conditional expectations over 180 days
    orders = fit_bg_nbd(customers.x, customers.t_x, customers.age, np.ones(5000))
    back = customers.x > 0
    value = fit_gamma_gamma(customers.x[back], customers.mean[back], np.ones(back.sum()))
    # THEN
    assert orders is not None
    assert value is not None
    assert (orders.r, orders.alpha, orders.a, orders.b) == pytest.approx((0.521106, 33.650320, 0.745852, 2.216640), rel=1e-3)
    assert (value.p, value.q, value.v) == pytest.approx((4.450861, 3.477593, 22.297929), rel=1e-3)
    ratio = (orders.alpha + customers.age) / (orders.alpha + customers.t_x)
    odds = np.where(back, orders.a / (orders.b + customers.x - 1) * ratio ** (orders.r + customers.x), 0)
    assert (1 / (1 + odds)).sum() == pytest.approx(2987.904, rel=1e-4)
    assert (orders.orders_if_alive(customers.x, customers.age, 180.0) / (1 + odds)).sum() == pytest.approx(3701.833, rel=1e-4)


def test_many_histories_are_fitted_as_from_every_start(customers: Customers, monkeypatch: pytest.MonkeyPatch):
    histories = (customers.x, customers.t_x, customers.age, np.ones(5000))
    assert len(customers.x) > bg_nbd.MANY_HISTORIES
    near = fit_bg_nbd(*histories)
    monkeypatch.setattr(bg_nbd, "MANY_HISTORIES", 10_000)
    every = fit_bg_nbd(*histories)
    assert near is not None
    assert every is not None
    assert (near.r, near.alpha, near.a, near.b) == pytest.approx((every.r, every.alpha, every.a, every.b), rel=1e-5)


def test_seeing_a_customer_twice_is_seeing_two(customers: Customers):
    x, t_x, age, _ = (column[:300] for column in customers)
    twice = [np.concatenate([column, column]) for column in (x, t_x, age)]
    once, both = fit_bg_nbd(x, t_x, age, np.full(300, 2.0)), fit_bg_nbd(*twice, np.ones(600))
    assert once is not None
    assert both is not None
    assert (once.r, once.alpha) == pytest.approx((both.r, both.alpha), rel=1e-3)


def test_where_nobody_leaves_the_models_limit_is_found():
    # GIVEN customers who all bought at an even pace until the very end
    x = np.array([2.0, 4.0, 6.0, 9.0] * 50)
    age = np.full(200, 100.0)
    model = fit_bg_nbd(x, age - 1, age, np.ones(200))
    # THEN hardly anyone leaves, and what is expected is about as much as there was
    assert model is not None
    assert model.a / (model.a + model.b) < 0.01
    assert model.orders_if_alive(x, age, 100.0).mean() == pytest.approx(x.mean(), rel=0.05)


def test_expected_orders_are_those_of_the_paper_and_do_not_overflow():
    from scipy.integrate import quad
    from scipy.stats import gamma

    # GIVEN equation 10 is a mean of equation 9 over the rate and the chance of leaving: done here by quadrature over the rate
    # for a customer who is alive for sure (a so small that nobody leaves), it is that of a gamma-distributed rate
    steady = BgNbd(r=0.5, alpha=30.0, a=1e-9, b=1.0)
    rate = gamma(0.5 + 3, scale=1 / (30.0 + 100))
    expected, _ = quad(lambda value: value * 50 * rate.pdf(value), 0, np.inf)
    assert steady.orders_if_alive(np.array([3.0]), np.array([100.0]), 50.0)[0] == pytest.approx(expected, rel=1e-6)
    # AND a customer with a thousand orders has a number
    assert np.isfinite(CDNOW.orders_if_alive(np.array([1000.0]), np.array([38.86]), 39.0)).all()


def test_where_all_leave_alike_orders_are_those_of_one_chance_to_leave():
    # GIVEN a and b so large that everybody leaves with p = a / (a + b) after a purchase: the hypergeometric function overflows
    alike = BgNbd(r=0.435, alpha=489.63, a=95742.0, b=161150.0)
    x, age, p = np.array([0.0, 1.0, 3.0]), np.array([10.0, 100.0, 800.0]), 95742.0 / (95742.0 + 161150.0)
    # THEN what is expected of a gamma-distributed rate: (1 - ((alpha + T) / (alpha + T + p t)) ** (r + x)) / p
    expected = (1 - ((489.63 + age) / (489.63 + age + p * 180)) ** (0.435 + x)) / p
    assert alike.orders_if_alive(x, age, 180.0) == pytest.approx(expected, rel=1e-4)
    # AND where both ways lead somewhere, they lead to the same
    several = BgNbd(r=0.5, alpha=400.0, a=300.0, b=700.0)
    ratio = (400 + age) / (400 + age + 0.3 * 90)
    assert several.orders_if_alive(x, age, 90.0) == pytest.approx((1 - ratio ** (0.5 + x)) / 0.3, rel=2e-3)


def test_the_customer_of_the_papers_note_is_expected_to_buy_1_23_times(spark):
    # GIVEN Fader & Hardie's customer with x = 2, t_x = 30.43 and T = 38.86 weeks, over the next 39 weeks
    from pyspark.sql import functions as F

    odds = spark.range(1).select(CDNOW.odds_of_having_left(F.lit(2), F.lit(30.43), F.lit(38.86)).alias("odds")).first().odds
    alive = 1 / (1 + odds)
    assert CDNOW.probability_alive(*np.array([[2.0], [30.43], [38.86]])) == pytest.approx(alive)
    assert CDNOW.orders_if_alive(np.array([2.0]), np.array([38.86]), 39.0)[0] * alive == pytest.approx(1.226, abs=0.001)


def test_a_customers_mean_is_drawn_towards_that_of_all(spark):
    # GIVEN the parameters of Fader & Hardie (2013) for CDNOW, whose mean purchase is p v / (q - 1) = 35.24
    from pyspark.sql import functions as F

    model = GammaGamma(p=6.25, q=3.74, v=15.44)
    customers = spark.sql("select * from values (0, cast(null as double)), (1, 35.0D), (1, 100.0D), (50, 100.0D) as t (x, m)")
    values = [row.value for row in customers.select(model.expected_value(F.col("x"), F.col("m")).alias("value")).collect()]
    assert values[0] == pytest.approx(6.25 * 15.44 / 2.74)
    assert values[1:3] == pytest.approx([6.25 * (15.44 + 35) / (6.25 + 2.74), 6.25 * (15.44 + 100) / (6.25 + 2.74)])
    assert 95 < values[3] < 100


def log_likelihood(model: BgNbd | GammaGamma, *histories: Floats) -> float:
    """The mean over customers, written out from the papers."""
    x, first, second = histories
    if isinstance(model, GammaGamma):
        p, q, v, m = model.p, model.q, model.v, first
        each = gammaln(p * x + q) - gammaln(p * x) - gammaln(q) + q * np.log(v) + (p * x - 1) * np.log(m) + p * x * np.log(x)
        return float(np.mean(each - (p * x + q) * np.log(x * m + v)))
    r, alpha, a, b = model.r, model.alpha, model.a, model.b
    both = gammaln(r + x) - gammaln(r) + r * np.log(alpha) + betaln(a, b + x) - betaln(a, b)
    odds = a / (b + np.maximum(x, 1) - 1) * ((alpha + second) / (alpha + first)) ** (r + x)
    return float(np.mean(both - (r + x) * np.log(alpha + second) + np.where(x > 0, np.log1p(odds), 0)))


@pytest.mark.full
@pytest.mark.parametrize("part", [slice(0, 200), slice(200, 500), slice(0, 2000)])
def test_no_parameters_are_more_likely_than_the_fitted_ones(customers: Customers, part: slice):
    # GIVEN the best parameters that a simplex finds without gradients
    x, t_x, age, mean = (column[part] for column in customers)
    back = x > 0
    simplex = repeat_buying.fit_purchases(x, t_x, age), repeat_buying.fit_value(x[back], mean[back])
    # WHEN
    fitted = fit_bg_nbd(x, t_x, age, np.ones(len(x))), fit_gamma_gamma(x[back], mean[back], np.ones(back.sum()))
    # THEN
    assert fitted[0] is not None
    assert fitted[1] is not None
    assert log_likelihood(fitted[0], x, t_x, age) >= log_likelihood(BgNbd(**simplex[0]), x, t_x, age) - 1e-9
    ones = np.ones(back.sum())
    assert log_likelihood(fitted[1], x[back], mean[back], ones) >= (
        log_likelihood(GammaGamma(**simplex[1]), x[back], mean[back], ones) - 1e-9
    )


def test_a_flat_ridge_or_too_few_customers_end_in_a_sentence(spark: SparkSession):
    # GIVEN 80 customers who buy at an even pace to the end, so that nobody leaves and all have one rate
    steady = [(300 - place % 20, 6) for place in range(80)]
    fitted, sentence, too_few = fit(customers_with(spark, steady), complete_history=False)
    assert fitted is not None
    assert not too_few
    assert sentence.startswith("the data do not determine r, alpha, a, b of BG/NBD")
    assert sentence.endswith("; very different values are equally likely, so use the predictions and not these parameters.")
    # AND 49 who came back are too few
    assert fit(customers_with(spark, [*steady[:49], (300, 0)]), complete_history=False) == (
        None,
        "49 customers came back, and forecasts need 50; customer_value has no predictions.",
        True,
    )


def customers_with(spark: SparkSession, histories: Sequence[tuple[int, int]]) -> DataFrame:
    """Customers with these (age, x)."""
    rows = ", ".join(
        f"('{place}', {x}L, {age * x // (x + 1)}L, {age}L, {10 + place * 37 % 90}.0)" for place, (age, x) in enumerate(histories)
    )
    return spark.sql(f"select * from values {rows} as t (customer_id, x, t_x, age, mean)")


def models(spark: SparkSession, histories: Sequence[tuple[int, int]], *, complete_history: bool = False) -> Models:
    """Fitted on customers with these (age, x)."""
    fitted = fit(customers_with(spark, histories), complete_history=complete_history).models
    assert fitted is not None
    return fitted


def test_customers_there_when_the_data_began_have_a_model_of_their_own(spark: SparkSession):
    # GIVEN of those first seen in the first 31 days a purchase every ten to thirty days, of later ones one in fifty or none
    first = [(300 - place % 31, 10 + place % 20) for place in range(200)]
    later = [(269 - place, place % 4) for place in range(200)]
    fitted = models(spark, first + later)
    # THEN the 31st day is the last of the first
    assert fitted.older_from == 270
    x, age = np.array([3.0, 3.0]), np.array([270.0, 269.0])
    there, came = fitted.orders_if_alive(x, age, 90.0)
    assert there == pytest.approx(fitted.older.orders_if_alive(x[:1], age[:1], 90.0)[0])
    assert came == pytest.approx(fitted.newer.orders_if_alive(x[1:], age[1:], 90.0)[0])
    assert there > 1.5 * came
    assert fitted.parameters()["there_when_data_began"]["from_age_days"] == 270
    # AND where the data begin with the shop, its first customers are like all others
    whole = models(spark, first + later, complete_history=True)
    assert whole.older is whole.newer
    assert "there_when_data_began" not in whole.parameters()


def test_where_too_few_of_them_came_back_all_customers_share_a_model(spark: SparkSession):
    # GIVEN 49 of the first who came back; 50 would do
    first = [(300, 10 + place % 20) for place in range(49)] + [(300, 0)] * 50
    later = [(269 - place, place % 4) for place in range(200)]
    fitted = models(spark, first + later)
    assert fitted.older is fitted.newer
    assert "there_when_data_began" not in fitted.parameters()
    assert "there_when_data_began" in models(spark, [*first, (300, 1), *later]).parameters()
