"""Segments and recommendations of a generated shop, checked against its ground truth."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from contracts.errors import LakeError
from glue_jobs import recommend, segment
from tests.support.generated_lake import GeneratedLake, generated_lake

if TYPE_CHECKING:
    from pathlib import Path

    from pyspark.sql import SparkSession

pytestmark = [pytest.mark.analysis, pytest.mark.full]

# Few starts and a small grid: the checks hold for any.
SEGMENT = ("--k_min=3", "--k_max=5", "--starts=1", "--resamples=2")
RECOMMEND = ("--ranks=8", "--alphas=10", "--iterations=5")


@pytest.fixture(scope="module")
def shop(spark: SparkSession, lake_root: Path, tmp_path_factory: pytest.TempPathFactory) -> GeneratedLake:
    raw = tmp_path_factory.mktemp("planted")
    lake = generated_lake(lake_root, "planted", raw, days=60, users=200, events_per_day=1500, seed=11)
    segment.main(lake.arguments(*SEGMENT))
    recommend.main(lake.arguments(*RECOMMEND))
    return lake


def test_planted_segments_are_found(shop: GeneratedLake):
    from sklearn.metrics import adjusted_rand_score

    rows = shop.query("select u.segment, c.segment from {customer_segments} as c join {users} as u on user_id = customer_id")
    planted, assigned = zip(*rows.fetchall(), strict=True)
    # The generator planted four groups. The two fraudsters belong to none and count as errors.
    assert len(set(assigned)) == 4
    assert adjusted_rand_score(planted, assigned) >= 0.9


def test_segments_are_ordered_by_value_and_named_by_what_distinguishes_them(shop: GeneratedLake):
    rows = shop.query(
        "select c.segment, segment_name, mode(u.segment) from {customer_segments} as c "
        "join {users} as u on user_id = customer_id group by all order by 1"
    ).fetchall()
    assert [row[2] for row in rows] == ["champions", "loyal", "bargain", "one_off"]
    names = [row[1] for row in rows]
    assert "choosing cheap" in names[2]
    assert "short-lived" in names[3]
    assert len(set(names)) == 4


def test_the_segment_profile_equals_the_sums_of_its_customers(shop: GeneratedLake):
    query = (
        "with sold as (select customer_id, count(distinct order_id) filter (where line_type = 'sale') as orders, "
        "sum(net_amount) as net_amount from {fct_order_items} group by all), "
        "sums as (select segment, count(*) as customers, sum(s.orders) as orders, sum(s.net_amount) as net_amount "
        "from {customer_segments} join sold as s using (customer_id) group by all) "
        "select p.customers = s.customers and p.orders = s.orders and p.net_amount = s.net_amount "
        "and abs(p.orders_per_customer - s.orders / s.customers) < 1e-9 "
        "and abs(p.net_amount_per_customer - s.net_amount / s.customers) <= 0.0001 "
        "and abs(p.net_amount_share - s.net_amount / (select sum(net_amount) from sums)) < 1e-9, "
        "stability_low <= stability and stability <= stability_high and stability > 0.4 and squared_silhouette > 0.5 "
        "from {segment_profile} as p left join sums as s using (segment)"
    )
    assert shop.query(query).fetchall() == [(True, True)] * 4
    assert shop.query("select sum(customer_share) from {segment_profile}").fetchall() == [(pytest.approx(1.0),)]


def test_planted_pairs_are_found_with_their_planted_counts(shop: GeneratedLake):
    assert len(shop.truth.pairs) == 5
    for pair in shop.truth.pairs:
        counts = shop.query(
            "select pair_baskets, product_baskets, other_baskets, rank from {item_pairs} where kind = 'purchase' "
            f"and product_id = '{pair.anchor}' and other_product_id = '{pair.companion}'"
        ).fetchall()
        assert counts == [(pair.orders_together, pair.anchor_orders, pair.companion_orders, 1)]


def test_the_published_method_beats_popularity_on_unseen_data(shop: GeneratedLake):
    rows = shop.query(
        "select model, metric, score, ci_low, baseline, baseline_score, is_published from {model_metrics} where split = 'test'"
    ).fetchall()
    scores = {(model, metric): (score, low, baseline, other) for model, metric, score, low, baseline, other, _ in rows}
    (published,) = {model for model, *_, is_published in rows if is_published}
    metrics = {"hit_rate_10", "ndcg_10", "map_10", "coverage", "cross_category_share"}
    assert {metric for model, metric in scores if model == published} >= metrics
    score, low, *_ = scores[published, "ndcg_10"]
    popular = scores["popularity", "ndcg_10"][0]
    assert low > popular
    assert score > 1.2 * popular
    # AND what learns is compared with the better of the two that do not: here users return to what they looked at
    for model in ("als", "co_view"):
        gain, _, baseline, _ = scores[model, "improvement_ndcg_10"]
        assert baseline == "recent"
        assert gain == pytest.approx(scores[model, "ndcg_10"][0] - scores["recent", "ndcg_10"][0])
    models = shop.query("select distinct model from {model_metrics} where split = 'test'").fetchall()
    assert sorted(model for (model,) in models) == ["als", "co_view", "popularity", "recent"]


def test_every_user_gets_ten_products_not_bought_before(shop: GeneratedLake):
    places = shop.query(
        "select count(*) = 10 and count(distinct product_id) = 10 and max(rank) = 10, count_if(user_id = '(new)') "
        "from {recommendations} group by user_id"
    ).fetchall()
    assert all(complete for complete, _ in places)
    assert sum(new for _, new in places) == 10
    bought = (
        "select count(*) from {recommendations} as r join {fct_order_items} as b using (product_id) where customer_id = user_id"
    )
    assert shop.query(bought + " and line_type = 'sale'").fetchall() == [(0,)]


def test_a_second_run_without_changes_does_nothing(shop: GeneratedLake):
    assert [built.accounts for built in segment.main(shop.arguments(*SEGMENT))] == [()]
    assert [built.accounts for built in recommend.main(shop.arguments(*RECOMMEND))] == [()]


def test_time_on_the_pages_is_that_of_the_customers_sessions(shop: GeneratedLake):
    rows = shop.query(
        "select segment, sessions, session_minutes, sessions_per_customer, minutes_per_session from {segment_profile} order by 1"
    ).fetchall()
    # GIVEN the generator's events of the customers of each segment, added up by session
    lengths = (
        "(select user_id as customer_id, floor(epoch(max(event_time::timestamp) - min(event_time::timestamp))) / 60 as minutes "
        f"from read_csv('{shop.raw}/events-*.csv') where user_id is not null group by user_id, session_id)"
    )
    expected = shop.query(
        "select segment, count(minutes), sum(minutes), count(minutes) / count(distinct customer_id), avg(minutes) "
        "from {customer_segments} left join " + lengths + " using (customer_id) group by 1 order by 1"
    ).fetchall()
    assert len(rows) == 4
    assert [pytest.approx(row) for row in expected] == rows


def test_segments_that_resamples_do_not_find_are_not_published(shop: GeneratedLake):
    (built,) = segment.main(shop.arguments(*SEGMENT, "--k=7", "--min_stability=0.99"))
    assert [(account.table, account.processed) for account in built.accounts] == [
        ("customer_segments", 0),
        ("segment_profile", 0),
    ]
    (notice,) = built.notices
    assert notice.startswith("shop: 7 segments are not published: resamples of the customers find others (stability 0.")
    assert notice.endswith(", below 0.99); try another --k, or lower --min_stability.")


def test_too_few_customers_give_no_segments(shop: GeneratedLake):
    buyers = shop.query("select count(distinct customer_id) from {fct_order_items} where line_type = 'sale'").fetchall()[0][0]
    (built,) = segment.main(shop.arguments(*SEGMENT, f"--min_customers={buyers + 1}"))
    assert [(account.table, account.processed) for account in built.accounts] == [
        ("customer_segments", 0),
        ("segment_profile", 0),
    ]


@pytest.mark.parametrize(
    ("job", "argument", "sentence"),
    [
        (segment, "--features=orders,age", "age is not a feature; choose from"),
        (segment, "--k=0", "expected 1 or more"),
        (segment, "--min_customers=0", "expected 1 or more"),
        (segment, "--k_max=1", "expected 2"),
        (segment, "--min_stability=60", "expected a number from -1 to 1"),
        (recommend, "--cart_weight=9", "expected 0 < view < cart < purchase"),
        (recommend, "--ranks=eight", "expected positive numbers"),
        (recommend, "--half_lives=0,30", "expected positive numbers"),
    ],
)
def test_invalid_arguments_get_a_clear_error(shop: GeneratedLake, job, argument: str, sentence: str):
    with pytest.raises(LakeError, match=sentence):
        job.main(shop.arguments(argument))
