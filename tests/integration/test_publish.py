"""The job publish on a lake's curated tables, against DynamoDB in moto."""

from __future__ import annotations

import json
from datetime import date, datetime
from decimal import Decimal

import pytest

from glue_jobs import publish
from glue_jobs.lib.publishing.documents import documents
from lambdas.serving.http import request_of, response_of
from lambdas.serving.results import Results
from lambdas.serving.routes import answer
from tests.support.frames import table
from tests.support.live import create_table, dynamodb_in_moto
from tests.support.tables import write_rows

pytestmark = [pytest.mark.analysis, pytest.mark.usefixtures("interpreted")]
RFM = {
    "as_of": date(2026, 11, 26),
    "recency_days": 6,
    "frequency": 2,
    "monetary_amount": Decimal("12.5"),
    "last_order_date": date(2026, 11, 20),
    "recency_score": 5,
    "frequency_score": 4,
    "monetary_score": 5,
    "rfm_score": "545",
    "segment": "Champions",
}


@pytest.fixture
def tables(monkeypatch):
    """The serving table and an empty live table, as the job and the function get them."""
    with dynamodb_in_moto(monkeypatch) as client:
        serving = create_table(client)
        monkeypatch.setattr(publish, "Table", lambda _: serving)
        yield Results(live=create_table(client), serving=serving)


def get(tables, path, source):
    event = {"httpMethod": "GET", "path": path, "queryStringParameters": {"source": source}}
    response = response_of(answer(request_of(event), lambda: tables))
    return response["statusCode"], json.loads(response["body"])


@pytest.mark.full  # runs the job for every source
def test_what_the_job_publishes_is_what_the_api_answers(spark, lake_root, tables):
    # GIVEN curated tables of a source, of which another has customers with the same ids
    folders = {zone: lake_root / "s3" / f"shoplake-{zone}/published" for zone in ("processed", "curated")}
    for source, customers in (("rees46", "ab"), ("thelook", "a")):
        write_rows(folders, "rfm", [{"customer_id": one, **RFM} for one in customers], source=source)
    list_of_a = [("a", 1, "mug"), ("a", 2, "pan"), ("(new)", 1, "cup")]
    rows = [
        {"user_id": user, "rank": rank, "product_id": product, "score": 0.5, "method": "als"} for user, rank, product in list_of_a
    ]
    write_rows(folders, "recommendations", [row | {"as_of": datetime(2026, 11, 26)} for row in rows], source="rees46")
    pair = {
        "product_id": "mug",
        "other_product_id": "pan",
        "pair_baskets": 3,
        "product_baskets": 4,
        "other_baskets": 5,
        "rank": 1,
    }
    pair |= {"kind": "purchase", "total_baskets": 9, "support": 0.3, "confidence": 0.75, "lift": 1.35, "llr": 11.0}
    write_rows(folders, "item_pairs", [pair], source="rees46")
    arguments = [f"--{zone}=s3://shoplake-{zone}/published" for zone in ("raw", "processed", "curated")]
    churn = {"model_version": 2, "horizon_days": 90, "rank": 1, "decile": 1, "reasons": ["one order raises the risk"]}
    days = {date(2026, 11, 24): 0.9, date(2026, 11, 25): 0.65432154321}
    scores = [churn | {"customer_id": "a", "as_of": day, "churn_probability": probability} for day, probability in days.items()]
    write_rows(folders, "churn_scores", scores, source="rees46")
    unusual = {"as_of": date(2026, 11, 25), "model_version": 1, "anomaly_score": 7.25, "rank": 1, "is_alert": True}
    unusual |= {"customer_id": "a", "reasons": ["most orders were returned"]}
    rows = [unusual | {"entity": "customer", "entity_id": "a"}]
    # an order of theirs that was scored later is no statement about the customer
    rows.append(unusual | {"entity": "order", "entity_id": "o1", "as_of": date(2026, 11, 26), "anomaly_score": 9.5})
    write_rows(folders, "anomaly_scores", rows, source="rees46")
    # WHEN
    results = publish.main([*arguments, "--serving_table=t"])
    # THEN
    notices = [notice for result in results for notice in result.notices]
    assert notices == [
        "rees46: 5 documents published, 0 unchanged, 0 removed.",
        "thelook: 1 documents published, 0 unchanged, 0 removed.",
    ]
    status, body = get(tables, "/v1/customers/a", "rees46")
    assert (status, body["as_of"]) == (200, "2026-11-26")
    assert body["rfm"] == {
        "frequency": 2,
        "monetary_amount": 12.5,
        "last_order_date": "2026-11-20",
        "recency_score": 5,
        "frequency_score": 4,
        "monetary_score": 5,
        "rfm_score": "545",
        "segment": "Champions",
        "recency_days": 6,
    }
    # AND the churn scores of the newest day
    assert body["churn"] == {
        "as_of": "2026-11-25",
        "model_version": 2,
        "horizon_days": 90,
        "churn_probability": 0.654322,
        "decile": 1,
        "reasons": ["one order raises the risk"],
    }
    assert body["unusual"] == {
        "as_of": "2026-11-25",
        "model_version": 1,
        "anomaly_score": 7.25,
        "rank": 1,
        "is_alert": True,
        "reasons": ["most orders were returned"],
    }
    assert not {"churn", "unusual"} & get(tables, "/v1/customers/b", "rees46")[1].keys()
    _, body = get(tables, "/v1/customers/a/recommendations", "rees46")
    assert [(one["rank"], one["product_id"]) for one in body["products"]] == [(1, "mug"), (2, "pan")]
    _, body = get(tables, "/v1/customers/b/recommendations", "rees46")
    assert (body["personal"], [one["product_id"] for one in body["products"]]) == (False, ["cup"])
    _, body = get(tables, "/v1/products/mug/related", "rees46")
    assert (body["viewed_together"], body["bought_together"][0]["other_product_id"]) == ([], "pan")
    assert get(tables, "/v1/customers/b", "thelook")[0] == 404
    # AND again
    assert [result.notices for result in publish.main([*arguments, "--serving_table=t", "--source=rees46"])] == [
        ("rees46: 0 documents published, 5 unchanged, 0 removed.",)
    ]


def test_a_day_more_without_orders_changes_no_document(spark):
    # GIVEN the same customer on two days: as_of and recency_days differ, as they do for every customer every day
    empty = {name: table(spark, name, columns) for name, columns in EMPTY.items()}
    texts = []
    for day, recency in (("2026-11-26", 6), ("2026-11-27", 7)):
        rfm = table(
            spark,
            "rfm",
            f"""
            customer_id | as_of | recency_days | frequency | last_order_date
            a           | {day} | {recency}    | 2         | 2026-11-20
        """,
        )
        texts.append([row["data"] for row in documents({**empty, "rfm": rfm}).collect()])
    assert texts[0] == texts[1] == ['{"rfm":{"frequency":2,"last_order_date":"2026-11-20"}}']


EMPTY = {
    "customer_segments": "customer_id",
    "customer_value": "customer_id",
    "churn_scores": "customer_id | as_of",
    "anomaly_scores": "customer_id | as_of | entity",
    "recommendations": "user_id | rank",
    "item_pairs": "product_id | kind | rank",
}
