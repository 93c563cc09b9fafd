"""Monthly costs against figures computed by hand from the price list."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from contracts.errors import LakeError
from stacks.cost.bill import bill, load_of, total
from stacks.cost.model import RULES, Load, assumptions, free, prices, table
from tests.support.deployments import Templates

RAW = {
    "LifecycleConfiguration": {
        "Rules": [
            {"Status": "Enabled", "NoncurrentVersionExpiration": {"NoncurrentDays": 7}},
            {
                "Status": "Enabled",
                "Transitions": [
                    {"StorageClass": "STANDARD_IA", "TransitionInDays": 30},
                    {"StorageClass": "GLACIER_IR", "TransitionInDays": 180},
                ],
            },
        ]
    }
}


@pytest.fixture(scope="module")
def dev(templates: Templates) -> dict[str, dict[str, Any]]:
    return templates(env="dev")


@pytest.fixture(scope="module")
def prod(templates: Templates) -> dict[str, dict[str, Any]]:
    return templates(env="prod")


@pytest.fixture(scope="module")
def batch_only(templates: Templates) -> dict[str, dict[str, Any]]:
    return templates(env="prod", overrides={"live_path": False})


def one(kind: str, path: str = "stack/Thing", **properties: Any) -> dict[str, dict[str, Any]]:
    """Templates with a single resource."""
    stack, _, rest = path.partition("/")
    resource = {"Type": kind, "Metadata": {"aws:cdk:path": f"shoplake-dev-{stack}/{rest}/Resource"}, "Properties": properties}
    return {stack: {"Resources": {"Id": resource}}}


def charged(resources: dict[str, dict[str, Any]], load: Load) -> dict[str, Decimal]:
    """USD by price, to hundredths of a cent."""
    sums: dict[str, Decimal] = {}
    for line in bill(resources, load):
        sums[line.price] = sums.get(line.price, Decimal(0)) + line.usd
    return {price: usd.quantize(Decimal("0.0001")) for price, usd in sums.items()}


def test_an_idle_dev_deployment_without_the_live_path_costs_key_dashboard_and_alarms(templates: Templates) -> None:
    # 1 key at 1.00, 1 dashboard at 3.00, 9 alarms at 0.10; everything else is charged by use
    batch_only = templates(env="dev", overrides={"live_path": False})
    idle = load_of(batch_only)
    assert charged(batch_only, idle) == {"key": Decimal("1.00"), "dashboard": Decimal("3.00"), "alarm": Decimal("0.90")}
    assert total(bill(batch_only, idle)) <= 5


def test_raw_data_moves_to_cheaper_storage_classes() -> None:
    # 1 GB a day for 360 days: 30 GB x 0.023 + 150 GB x 0.0125 + 180 GB x 0.004
    # Files of 64 MB: 468.75 a month, written at 0.005 a thousand, moved at 0.01 and at 0.02 a thousand
    # Read again with the rest of their month: 15.5 GB x 30 runs / 64 MB x 4 requests = 29062.5 at 0.0004 a thousand
    # Listed once each: 7265.625 at 0.005 a thousand. A twelfth of the cold data a month: 12.5 GB x 0.01 and 15 GB x 0.03
    assert charged(one("AWS::S3::Bucket", "storage/Raw", **RAW), Load(gb_per_day=1)) == {
        "s3 standard": Decimal("0.6900"),
        "s3 standard-ia": Decimal("1.8750"),
        "s3 glacier-ir": Decimal("0.7200"),
        "s3 put": Decimal("0.0023"),
        "s3 to ia": Decimal("0.0047"),
        "s3 to glacier-ir": Decimal("0.0094"),
        "s3 get": Decimal("0.0116"),
        "s3 list": Decimal("0.0363"),
        "s3 ia retrieval": Decimal("0.1250"),
        "s3 glacier-ir retrieval": Decimal("0.4500"),
    }


def test_in_the_first_month_nothing_has_moved() -> None:
    charges = charged(one("AWS::S3::Bucket", "storage/Raw", **RAW), Load(gb_per_day=1, months=1))
    assert charges.keys() == {"s3 standard", "s3 put", "s3 get", "s3 list"}
    assert charges["s3 standard"] == Decimal("0.6900")


@pytest.mark.parametrize(
    ("by_day", "usd"),
    [
        # 0.28 GB a day x 360 days, and 15.5 days rewritten a day x 0.28 x 2 copies x 7 days of old versions; x 0.023
        (False, Decimal("3.7159")),
        # with days two days are rewritten: 100.8 GB + 2 x 0.28 x 2 x 7 GB
        (True, Decimal("2.4987")),
    ],
)
def test_a_zones_bill_includes_replaced_versions(by_day: bool, usd: Decimal) -> None:  # noqa: FBT001
    rules = {"LifecycleConfiguration": {"Rules": RAW["LifecycleConfiguration"]["Rules"][:1]}}
    load = Load(gb_per_day=1, by_day=by_day)
    assert charged(one("AWS::S3::Bucket", "storage/Processed", **rules), load)["s3 standard"] == usd


@pytest.mark.parametrize(
    ("gb", "by_day", "usd"),
    [
        # 30 runs x 2 workers x 2 minutes = 2 DPU-hours; x 0.44
        (0, False, Decimal("0.8800")),
        # + 30 x 15.5 GB x 277 core-seconds x 2 / 4 vCPU / 3600 s = 17.8896 DPU-hours
        (1, False, Decimal("8.7514")),
        # + 30 x 2 GB x ... = 2.3083 DPU-hours
        (1, True, Decimal("1.8957")),
    ],
)
def test_conforms_bill_covers_startup_and_data_read(gb: float, by_day: bool, usd: Decimal) -> None:  # noqa: FBT001
    load = Load(gb_per_day=gb, by_day=by_day, scheduled=True)
    assert charged(one("AWS::Glue::Job", "processing/Conform/Job"), load)["glue"] == usd


def test_an_endpoint_is_charged_by_zone_and_hour() -> None:
    # 2 zones x 730 hours x 0.01
    endpoint = one("AWS::EC2::VPCEndpoint", "network/Vpc/Keys", VpcEndpointType="Interface", SubnetIds=["a", "b"])
    assert charged(endpoint, Load()) == {"endpoint": Decimal("14.6000")}
    assert charged(one("AWS::EC2::VPCEndpoint", "network/Vpc/S3", VpcEndpointType="Gateway"), Load()) == {}


def test_queries_are_charged_by_data_scanned() -> None:
    # 10 scans a day of a day's 0.05 GB x 30 days x 0.005
    assert charged(one("AWS::Athena::WorkGroup", "query/Bi/Workgroup"), Load(gb_per_day=1)) == {"athena": Decimal("0.0750")}


def test_events_per_second_are_converted_to_bytes(prod: dict[str, dict[str, Any]]) -> None:
    # 100 x 86400 s x 135 B
    load = load_of(prod, events_per_second=100, gb_per_day=1)
    assert load.gb_per_day == pytest.approx(2.1664)
    assert load.scheduled


@pytest.mark.parametrize(("gb", "least", "most"), [(1, 40, 70), (100, 2500, 4500)])
def test_the_total_of_a_batch_only_shop_for_one_and_a_hundred_gb_a_day(
    batch_only: dict[str, dict[str, Any]], gb: float, least: int, most: int
) -> None:
    assert least < total(bill(batch_only, load_of(batch_only, gb_per_day=gb))) < most


def test_partitions_by_day_are_cheaper_for_large_data(
    prod: dict[str, dict[str, Any]], tmp_path: Path, templates: Templates
) -> None:
    (tmp_path / "day.yaml").write_text("partition_grain: day\n")
    daily = templates(env="prod", config=tmp_path / "day.yaml")
    by_day = total(bill(daily, load_of(daily, gb_per_day=100)))
    assert by_day < total(bill(prod, load_of(prod, gb_per_day=100))) / 2


def test_an_unpriced_resource_type_is_an_error() -> None:
    with pytest.raises(
        LakeError, match=r"^stack/Thing: AWS::RDS::DBCluster has no price; add a rule to .* or a line to free.yaml"
    ):
        bill(one("AWS::RDS::DBCluster"), Load())


def test_a_bucket_without_a_rule_is_an_error() -> None:
    with pytest.raises(LakeError, match=r"^storage/Models: no rule covers the size of this bucket"):
        bill(one("AWS::S3::Bucket", "storage/Models"), Load())


@pytest.mark.parametrize("load", [{"events_per_second": -1}, {"gb_per_day": -0.1}, {"months": 0}])
def test_a_negative_load_is_refused(load: dict[str, float]) -> None:
    with pytest.raises(LakeError, match="The load is negative"):
        load_of({}, **load)  # type: ignore[arg-type]


def test_every_setting_is_priced(tmp_path: Path, templates: Templates) -> None:
    (tmp_path / "all.yaml").write_text(
        "networking: private\ngovern: true\nencrypt_catalog: true\nmodels: [thelook]\n"
        "budget: {monthly_usd: 9, emails: [a@example.com]}\n"
    )
    every = templates(env="prod", config=tmp_path / "all.yaml")
    # 4 interface endpoints x 2 zones x 730 hours x 0.01, and more
    bills = bill(every, load_of(every))
    assert sum(line.usd for line in bills if line.price == "endpoint") == Decimal("58.40")
    assert total(bills) > Decimal("58.40")


@pytest.mark.full
def test_the_models_bill_by_hand_equals_the_tools(templates: Templates) -> None:
    # GIVEN the formulas on the page
    page = (Path(__file__).parents[4] / "docs/costs.md").read_text(encoding="utf-8")
    section = page.split("## Models of one source")[1].split("\n## ")[0]
    rows = re.findall(r"^\| (.+) \| ([\d.×+/() ]+) \| ([\d.]+) \|$", section, re.MULTILINE)
    by_hand = {item: eval(formula.replace("×", "*")) for item, formula, _ in rows}
    # WHEN
    resources = templates(env="prod", overrides={"models": ["thelook"]})
    tool: dict[str, float] = {}
    for line in bill({"models": resources["models"]}, load_of(resources)):
        tool[line.price] = tool.get(line.price, 0) + float(line.usd)
    # THEN
    assert by_hand == pytest.approx(tool, abs=0.005)
    assert all(abs(float(usd) - by_hand[item]) <= 0.0051 for item, _, usd in rows)


def test_the_tables_are_complete_and_every_price_is_used(prod: dict[str, dict[str, Any]]) -> None:
    assert table()["region"] == "us-east-1"
    assert all(re.fullmatch(r"20\d\d-(0[1-9]|1[0-2])", price.seen) for price in prices().values())
    assert all(price.usd > 0 and price.page.startswith("aws.amazon.com/") for price in prices().values())
    assert all(entry["why"] for entry in assumptions().values())
    assert not RULES.keys() & free().keys()
    used = {line.price for line in bill(prod, load_of(prod, gb_per_day=1))}
    # Those of the live path are in test_live_bill.py.
    names = [*prices()]
    assert set(names[: names.index("shard")]) - used == {"endpoint", "endpoint traffic", "model training", "model processing"}


def test_the_readmes_cost_figures_are_current(
    dev: dict[str, dict[str, Any]], prod: dict[str, dict[str, Any]], tmp_path: Path, templates: Templates
) -> None:
    (tmp_path / "day.yaml").write_text("partition_grain: day\n")
    daily = templates(env="prod", config=tmp_path / "day.yaml")
    text = " ".join((Path(__file__).parents[4] / "README.md").read_text(encoding="utf-8").split())

    idle, nightly, small = (total(bill(made, load_of(made, gb_per_day=gb))) for made, gb in ((dev, 0), (prod, 0), (prod, 1)))
    by_day, by_month = (total(bill(made, load_of(made, gb_per_day=100))) for made in (daily, prod))

    assert f"{idle:.0f} USD a month for dev when nothing runs" in text
    assert f"{nightly:.0f} for prod with an empty batch each night, {small:.0f} for prod with 1 GB" in text
    assert f"with 100 GB a day {round(by_day, -2):,.0f} if partitioned by day" in text
    assert f"and {round(by_month, -2):,.0f} by month" in text


@pytest.mark.parametrize(
    ("title", "env", "gb"),
    [
        ("Dev, nothing runs", "dev", 0),
        ("Prod, an empty batch each night", "prod", 0),
        ("Prod, 1 GB of raw data a day", "prod", 1),
    ],
)
def test_the_bill_by_hand_equals_the_tools(
    dev: dict[str, dict[str, Any]], prod: dict[str, dict[str, Any]], title: str, env: str, gb: int
) -> None:
    # GIVEN the formulas on the page
    page = (Path(__file__).parents[4] / "docs/costs.md").read_text(encoding="utf-8")
    (section,) = [part for part in page.split("## ") if part.startswith(title)]
    rows = re.findall(r"^\| (.+) \| ([\d.×+/() ]+) \| ([\d.]+) \|$", section, re.MULTILINE)
    by_hand = {item: eval(formula.replace("×", "*")) for item, formula, _ in rows}
    # WHEN
    resources = {"dev": dev, "prod": prod}[env]
    tool: dict[str, Decimal] = {}
    for line in bill(resources, load_of(resources, gb_per_day=gb)):
        tool[line.price] = tool.get(line.price, Decimal(0)) + line.usd
    # THEN
    assert by_hand == pytest.approx({item: float(usd) for item, usd in tool.items()}, abs=0.005)
    for item, _, usd in rows:
        assert abs(float(usd) - by_hand[item]) <= 0.0051, item
