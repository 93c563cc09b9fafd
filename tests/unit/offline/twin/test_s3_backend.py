"""S3 as folders: what boto3 does is on disk at once, and what is on disk boto3 sees at once."""

from __future__ import annotations

import hashlib
import os
from concurrent.futures import ThreadPoolExecutor

import duckdb
import pandas
import pyarrow as pa
import pytest
from botocore.exceptions import ClientError
from pyarrow import dataset, fs, parquet

MB = 1 << 20


def files(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def multipart(s3, key, parts):
    upload = s3.create_multipart_upload(Bucket="box", Key=key)["UploadId"]
    done = [
        {"PartNumber": n, "ETag": s3.upload_part(Bucket="box", Key=key, PartNumber=n, UploadId=upload, Body=body)["ETag"]}
        for n, body in enumerate(parts, 1)
    ]
    s3.complete_multipart_upload(Bucket="box", Key=key, UploadId=upload, MultipartUpload={"Parts": done})


# What boto3 does in a bucket that holds `old/a` (b"first") and `old/b` (b"second"), and what the folder then holds.
OPERATIONS = {
    "put": (lambda s3: s3.put_object(Bucket="box", Key="new/c.txt", Body=b"third"), {"new/c.txt": b"third"}),
    "put over": (lambda s3: s3.put_object(Bucket="box", Key="old/a", Body=b"anew"), {"old/a": b"anew"}),
    "put nothing": (lambda s3: s3.put_object(Bucket="box", Key="empty", Body=b""), {"empty": b""}),
    "put a difficult name": (lambda s3: s3.put_object(Bucket="box", Key="é 100%/a+b=c", Body=b"x"), {"é 100%/a+b=c": b"x"}),
    "delete": (lambda s3: s3.delete_object(Bucket="box", Key="old/a"), {"old/a": None}),
    "delete what is not there": (lambda s3: s3.delete_object(Bucket="box", Key="nothing"), {}),
    "delete several": (
        lambda s3: s3.delete_objects(Bucket="box", Delete={"Objects": [{"Key": "old/a"}, {"Key": "old/b"}, {"Key": "x"}]}),
        {"old/a": None, "old/b": None},
    ),
    "copy": (
        lambda s3: s3.copy_object(Bucket="box", Key="to/a", CopySource={"Bucket": "box", "Key": "old/a"}),
        {"to/a": b"first"},
    ),
    "multipart": (lambda s3: multipart(s3, "big", [b"1" * 5 * MB, b"2"]), {"big": b"1" * 5 * MB + b"2"}),
    "multipart given up": (
        lambda s3: s3.abort_multipart_upload(
            Bucket="box", Key="big", UploadId=s3.create_multipart_upload(Bucket="box", Key="big")["UploadId"]
        ),
        {},
    ),
    "put where nothing is": (
        lambda s3: s3.put_object(Bucket="box", Key="new", Body=b"1", IfNoneMatch="*"),
        {"new": b"1"},
    ),
    "a folder's marker": (lambda s3: s3.put_object(Bucket="box", Key="marked/", Body=b""), {}),
}
REFUSALS = {
    "put where something is": (
        lambda s3: s3.put_object(Bucket="box", Key="old/a", Body=b"1", IfNoneMatch="*"),
        "PreconditionFailed",
    ),
    "get what is not there": (lambda s3: s3.get_object(Bucket="box", Key="nothing"), "NoSuchKey"),
    "get a folder": (lambda s3: s3.get_object(Bucket="box", Key="old"), "NoSuchKey"),
    "climb out": (lambda s3: s3.put_object(Bucket="box", Key="x/../../y", Body=b""), "InvalidRequest"),
    "a name in two parts": (lambda s3: s3.put_object(Bucket="box", Key="x//y", Body=b""), "InvalidRequest"),
    "a name too long": (lambda s3: s3.put_object(Bucket="box", Key="x" * 300, Body=b""), "InvalidRequest"),
    "below an object": (lambda s3: s3.put_object(Bucket="box", Key="old/a/b", Body=b""), "InvalidRequest"),
    "in a folder's place": (lambda s3: s3.put_object(Bucket="box", Key="old", Body=b""), "InvalidRequest"),
    "beyond the end": (lambda s3: s3.get_object(Bucket="box", Key="old/a", Range="bytes=9-"), "InvalidRange"),
}


@pytest.fixture
def begun(s3):
    """Two objects that no API put there, and nothing else."""
    os.system(f"rm -rf {s3.folder}/* {s3.folder}/.[!.]*")
    (s3.folder / "old").mkdir()
    (s3.folder / "old/a").write_bytes(b"first")
    (s3.folder / "old/b").write_bytes(b"second")
    return s3


@pytest.mark.parametrize("name", OPERATIONS)
def test_an_operation_is_on_disk_at_once(begun, name):
    operation, changed = OPERATIONS[name]
    operation(begun.client)
    expected = {"old/a": b"first", "old/b": b"second"} | changed
    assert files(begun.folder) == {key: body for key, body in sorted(expected.items()) if body is not None}


@pytest.mark.parametrize("name", REFUSALS)
def test_a_refusal_changes_nothing(begun, name):
    operation, code = REFUSALS[name]
    with pytest.raises(ClientError) as refused:
        operation(begun.client)
    assert refused.value.response["Error"]["Code"] == code
    assert files(begun.folder) == {"old/a": b"first", "old/b": b"second"}
    assert not (begun.folder.parent / "y").exists()


def test_a_foreign_file_is_an_object_with_its_size_etag_and_time(begun):
    head = begun.client.head_object(Bucket="box", Key="old/b")
    assert (head["ContentLength"], head["ETag"]) == (6, f'"{hashlib.md5(b"second").hexdigest()}"')
    assert int(head["LastModified"].timestamp()) == int((begun.folder / "old/b").stat().st_mtime)
    listed = begun.client.list_objects_v2(Bucket="box")["Contents"]
    assert [(found["Key"], found["Size"], found["ETag"]) for found in listed] == [
        ("old/a", 5, f'"{hashlib.md5(b"first").hexdigest()}"'),
        ("old/b", 6, head["ETag"]),
    ]


def test_a_changed_file_is_another_object_and_a_removed_one_none(begun):
    before = begun.client.head_object(Bucket="box", Key="old/a")["ETag"]
    (begun.folder / "old/a").write_bytes(b"FIRST!")
    assert begun.client.get_object(Bucket="box", Key="old/a")["Body"].read() == b"FIRST!"
    assert begun.client.head_object(Bucket="box", Key="old/a")["ETag"] != before
    (begun.folder / "old/a").unlink()
    assert [found["Key"] for found in begun.client.list_objects_v2(Bucket="box")["Contents"]] == ["old/b"]


def test_what_was_put_keeps_its_metadata_until_its_bytes_change(begun):
    begun.client.put_object(Bucket="box", Key="m", Body=b"1", ContentType="text/csv", Metadata={"who": "me"})
    head = begun.client.head_object(Bucket="box", Key="m")
    assert (head["ContentType"], head["Metadata"]) == ("text/csv", {"who": "me"})
    (begun.folder / "m").write_bytes(b"22")
    assert begun.client.head_object(Bucket="box", Key="m")["Metadata"] == {}


@pytest.mark.parametrize(
    ("asked", "given", "range_"),
    [
        ("bytes=0-1", b"fi", "bytes 0-1/5"),
        ("bytes=3-", b"st", "bytes 3-4/5"),
        ("bytes=-2", b"st", "bytes 3-4/5"),
        ("bytes=-99", b"first", "bytes 0-4/5"),
        ("bytes=1-99", b"irst", "bytes 1-4/5"),
    ],
)
def test_ranges_from_both_ends(begun, asked, given, range_):
    answer = begun.client.get_object(Bucket="box", Key="old/a", Range=asked)
    assert (answer["Body"].read(), answer["ContentRange"]) == (given, range_)


def test_a_listing_comes_in_pages_and_by_folders(begun):
    for number in range(5):
        begun.client.put_object(Bucket="box", Key=f"p/{number}/x", Body=b"")
    pages = list(
        begun.client.get_paginator("list_objects_v2").paginate(Bucket="box", Prefix="p/", PaginationConfig={"PageSize": 2})
    )
    assert [[found["Key"] for found in page["Contents"]] for page in pages] == [["p/0/x", "p/1/x"], ["p/2/x", "p/3/x"], ["p/4/x"]]
    grouped = begun.client.list_objects_v2(Bucket="box", Delimiter="/")["CommonPrefixes"]
    assert [found["Prefix"] for found in grouped] == ["old/", "p/"]
    assert begun.client.list_objects_v2(Bucket="box", Prefix="p/3")["KeyCount"] == 1
    assert [found["Key"] for found in begun.client.list_object_versions(Bucket="box", Prefix="old/")["Versions"]] == [
        "old/a",
        "old/b",
    ]


def test_an_emptied_prefix_is_gone(begun):
    begun.client.put_object(Bucket="box", Key="deep/er/x", Body=b"")
    begun.client.delete_object(Bucket="box", Key="deep/er/x")
    assert not (begun.folder / "deep").exists()


def test_a_reader_sees_the_old_bytes_or_the_new_ones(begun):
    bodies = [bytes([65 + number]) * MB for number in range(4)]
    begun.client.put_object(Bucket="box", Key="k", Body=bodies[0])
    seen = []
    with ThreadPoolExecutor(2) as pool:
        writing = pool.submit(lambda: [begun.client.put_object(Bucket="box", Key="k", Body=body) for body in bodies * 3])
        while not writing.done():
            seen.append((begun.folder / "k").read_bytes())
    assert all(body in bodies for body in seen)
    assert sorted(files(begun.folder)) == ["k", "old/a", "old/b"]


def test_duckdb_arrow_and_boto3_read_one_truth(begun):
    # GIVEN Parquet that was written into the folder, as Spark does
    table = pa.table({"n": [1, 2, 3]})
    (begun.folder / "t/period=2025-01").mkdir(parents=True)
    parquet.write_table(table, begun.folder / "t/period=2025-01/part-00000.parquet")
    # THEN Arrow reads it through S3, and DuckDB from the folder what Arrow writes through S3
    through = fs.S3FileSystem(
        endpoint_override=f"127.0.0.1:{begun.port}", scheme="http", access_key="x", secret_key="x", region="us-east-1"
    )
    assert dataset.dataset("box/t", filesystem=through, partitioning="hive").to_table().to_pydict() == {
        "n": [1, 2, 3],
        "period": ["2025-01"] * 3,
    }
    parquet.write_table(table, "box/t/period=2025-02/part-00000.parquet", filesystem=through)
    found = duckdb.sql(f"select period, sum(n) from read_parquet('{begun.folder}/t/**/*.parquet') group by 1 order by 1")
    assert found.fetchall() == [("2025-01", 6), ("2025-02", 6)]


def test_awswrangler_goes_round(begun, monkeypatch):
    import awswrangler as wr  # noqa: PLC0415 - takes seconds

    for name, value in {"ACCESS_KEY_ID": "x", "SECRET_ACCESS_KEY": "x", "DEFAULT_REGION": "us-east-1"}.items():
        monkeypatch.setenv(f"AWS_{name}", value)
    monkeypatch.setattr(wr.config, "s3_endpoint_url", f"http://127.0.0.1:{begun.port}")
    frame = pandas.DataFrame({"n": [1, 2], "source": ["a", "b"]})
    written = wr.s3.to_parquet(frame, path="s3://box/w/", dataset=True, partition_cols=["source"])["paths"]
    assert all((begun.folder.parent / path.removeprefix("s3://")).is_file() for path in written)
    assert wr.s3.read_parquet("s3://box/w/", dataset=True)["n"].tolist() == [1, 2]
    wr.s3.delete_objects("s3://box/w/")
    assert sorted(files(begun.folder)) == ["old/a", "old/b"]
