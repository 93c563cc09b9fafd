"""The catalog: every table from its contract, located in its zone's bucket."""

from __future__ import annotations

import zipfile
from datetime import date
from typing import Any

import pytest

from contracts import Contract, load_all
from contracts.derive import glue
from contracts.periods import GRAINS
from glue_jobs.lib.lake.context import Lake
from tests.support.deployments import Deployment, Synthesize
from tests.support.projection import folders

every_contract = pytest.mark.parametrize("contract", load_all().values(), ids=load_all())
TODAY = date(2026, 3, 1)


def tables(deployment: Deployment) -> dict[str, dict[str, Any]]:
    resources = deployment.resources("AWS::Glue::Table", stack="catalog")
    return {table["Properties"]["TableInput"]["Name"]: table["Properties"] for table in resources}


def written(value: Any, deployment: Deployment) -> str:
    """A template value as text, with imported bucket names replaced by the zone: s3://processed/…"""
    if isinstance(value, str):
        return value
    if "Fn::Join" in value:
        return "".join(written(part, deployment) for part in value["Fn::Join"][1])
    outputs = deployment.content["storage"]["Outputs"]
    buckets = {str(outputs[f"{zone.capitalize()}Bucket"]["Value"]): zone for zone in ("raw", "processed", "curated")}
    exports = {entry["Export"]["Name"]: str(entry["Value"]) for entry in outputs.values() if "Export" in entry}
    return buckets[exports[value["Fn::ImportValue"]]]


def lake() -> Lake:
    """A lake whose buckets are named after their zones; it runs nothing."""
    zones: dict[str, Any] = {zone: f"s3://{zone}" for zone in ("raw", "processed", "curated")}
    return Lake(spark=None, grain="month", sources=None, marts=None, **zones)


def test_each_zone_has_a_database_named_after_the_deployment(dev: Deployment, synthesize: Synthesize) -> None:
    def names(deployment: Deployment) -> list[str]:
        return [entry["Properties"]["DatabaseInput"]["Name"] for entry in deployment.resources("AWS::Glue::Database")]

    assert sorted(names(dev)) == ["shoplake_dev_curated", "shoplake_dev_processed"]
    assert sorted(names(synthesize(name="lake-two"))) == ["lake_two_dev_curated", "lake_two_dev_processed"]


def test_there_is_a_table_per_contract_and_no_other(dev: Deployment) -> None:
    assert {name: table["DatabaseName"] for name, table in tables(dev).items()} == {
        name: f"shoplake_dev_{contract.zone}" for name, contract in load_all().items()
    }


@every_contract
def test_a_table_is_located_where_the_jobs_write_it(dev: Deployment, contract: Contract) -> None:
    # GIVEN
    table = tables(dev)[contract.name]["TableInput"]
    place = lake().location(contract)
    # THEN
    assert written(table["StorageDescriptor"]["Location"], dev) == f"{place}/"
    by = "".join(f"/{name}=${{{name}}}" for name in contract.partition_columns)
    assert written(table["Parameters"]["storage.location.template"], dev) == f"{place}{by}/"
    assert [entry["Name"] for entry in table["PartitionKeys"]] == list(contract.partition_columns)
    assert [entry["Name"] for entry in table["StorageDescriptor"]["Columns"]] == [column.name for column in contract.data_columns]


def test_a_table_carries_its_contracts_descriptions(dev: Deployment) -> None:
    sales = tables(dev)["sales_daily"]["TableInput"]

    assert sales["TableType"] == "EXTERNAL_TABLE"
    assert sales["Parameters"]["classification"] == "parquet"
    assert sales["Parameters"]["grain"] == load_all()["sales_daily"].grain
    assert sales["StorageDescriptor"]["Columns"][0] == {"Name": "date", "Type": "date", "Comment": "Calendar date."}
    assert sales["StorageDescriptor"]["SerdeInfo"]["SerializationLibrary"].endswith("ParquetHiveSerDe")


def test_months_are_projected_one_by_one(dev: Deployment) -> None:
    parameters = {key: written(value, dev) for key, value in tables(dev)["events"]["TableInput"]["Parameters"].items()}

    uris = folders(parameters, today=TODAY)

    assert "s3://processed/events/source=rees46/period=2019-10/" in uris
    assert len(uris) == 7 * 12 * (2035 - 2009 + 1)
    assert "projection.period.format" not in parameters


def test_days_are_projected_as_dates_for_athena_and_trino(synthesize: Synthesize) -> None:
    # GIVEN
    daily = synthesize(partition_grain="day", first_date="2026-02-27")
    parameters = {key: written(value, daily) for key, value in tables(daily)["events"]["TableInput"]["Parameters"].items()}
    # THEN the format is the one that the jobs use in folder names
    assert parameters["projection.period.format"] == GRAINS["day"] == "yyyy-MM-dd"
    assert parameters["projection.period.range"] == "2026-02-27,NOW+1DAYS"
    uris = folders(parameters, today=TODAY)
    assert {uri.split("=")[-1].rstrip("/") for uri in uris} == {"2026-02-27", "2026-02-28", "2026-03-01", "2026-03-02"}


def test_a_table_without_periods_is_projected_by_source_alone(synthesize: Synthesize) -> None:
    lake = synthesize()
    parameters = {key: written(value, lake) for key, value in tables(lake)["dim_date"]["TableInput"]["Parameters"].items()}

    assert folders(parameters, today=TODAY) == {
        f"s3://curated/dim_date/source={source}/"
        for source in ("multimodel", "rees46", "retailrocket", "shop", "stream", "thelook", "uci_online_retail")
    }
    assert not [key for key in parameters if "period" in key]


def test_a_deployment_has_the_sources_that_it_names(synthesize: Synthesize) -> None:
    # GIVEN a shop whose data begins in 2024
    own = synthesize(sources=["shop", "stream"], first_date="2024-01-01", last_date="2026-12-31")
    # WHEN
    parameters = {key: written(value, own) for key, value in tables(own)["events"]["TableInput"]["Parameters"].items()}
    # THEN a query without a condition asks for 72 folders, not for 2,268
    assert parameters["projection.source.values"] == "shop,stream"
    assert len(folders(parameters, today=TODAY)) == 2 * 36
    # and the jobs' code has these sources and no other
    assert packaged_in_jobs(own) == {"shop", "stream", "_derived"}


def packaged_in_jobs(deployment: Deployment) -> set[str]:
    """Folders of sources in the zip that the jobs run."""
    zips = [zipfile.ZipFile(file).namelist() for file in deployment.folder.glob("asset.*.zip")]
    (names,) = [names for names in zips if "glue_jobs/manifest.py" in names]
    return {name.split("/")[2] for name in names if name.startswith("glue_jobs/sources/") and name.count("/") > 2}


def test_descriptions_fit_into_glues_limit() -> None:
    assert all(
        len(glue.table_input(contract, location="s3://b/t", span=SPAN)["Description"]) <= 2048 for contract in load_all().values()
    )


SPAN = glue.PartitionRange(sources=["shop"], grain="month", first=date(2020, 1, 1), last=date(2020, 2, 1))


def test_the_accounts_catalog_is_encrypted_only_by_setting(dev: Deployment, synthesize: Synthesize) -> None:
    encrypted = synthesize(encrypt_catalog=True)

    assert dev.resources("AWS::Glue::DataCatalogEncryptionSettings") == []
    encrypted.template("catalog").has_resource_properties(
        "AWS::Glue::DataCatalogEncryptionSettings",
        {"DataCatalogEncryptionSettings": {"EncryptionAtRest": {"CatalogEncryptionMode": "SSE-KMS"}}},
    )


def test_one_deployment_of_an_account_owns_the_encryption_of_the_catalog(synthesize: Synthesize) -> None:
    # GIVEN two deployments
    for name in ("shoplake", "other"):
        catalog = synthesize(name=name, encrypt_catalog=True).content["catalog"]["Resources"]
        (owner,) = [id_ for id_, resource in catalog.items() if resource["Type"] == "AWS::SSM::Parameter"]
        # THEN both would create this parameter, which exists once, before they change the catalog
        assert catalog[owner]["Properties"]["Name"] == "/shoplake/catalog-encryption"
        (settings,) = [found for found in catalog.values() if found["Type"] == "AWS::Glue::DataCatalogEncryptionSettings"]
        assert owner in settings["DependsOn"]
