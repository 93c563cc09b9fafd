"""S3 on folders: boto3's changes are on disk at once, and changes on disk are visible to boto3 at once."""

from __future__ import annotations

import hashlib
import os
from concurrent.futures import ThreadPoolExecutor

import duckdb
import pyarrow as pa
import pytest
from botocore.exceptions import ClientError
from pyarrow import dataset, fs, parquet

from tests.support.lazy import lazy

pandas = lazy("pandas")

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


# Operations in a bucket with `old/a` (b"first") and `old/b` (b"second"), and the resulting changes in the folder.
OPERATIONS = {
    "put": (lambda s3: s3.put_object(Bucket="box", Key="new/c.txt", Body=b"third"), {"new/c.txt": b"third"}),
    "overwrite": (lambda s3: s3.put_object(Bucket="box", Key="old/a", Body=b"again"), {"old/a": b"again"}),
    "put an empty object": (lambda s3: s3.put_object(Bucket="box", Key="empty", Body=b""), {"empty": b""}),
    "put a difficult name": (lambda s3: s3.put_object(Bucket="box", Key="é 100%/a+b=c", Body=b"x"), {"é 100%/a+b=c": b"x"}),
    "delete": (lambda s3: s3.delete_object(Bucket="box", Key="old/a"), {"old/a": None}),
    "delete a missing key": (lambda s3: s3.delete_object(Bucket="box", Key="nothing"), {}),
    "delete several": (
        lambda s3: s3.delete_objects(Bucket="box", Delete={"Objects": [{"Key": "old/a"}, {"Key": "old/b"}, {"Key": "x"}]}),
        {"old/a": None, "old/b": None},
    ),
    "copy": (
        lambda s3: s3.copy_object(Bucket="box", Key="to/a", CopySource={"Bucket": "box", "Key": "old/a"}),
        {"to/a": b"first"},
    ),
    "multipart": (lambda s3: multipart(s3, "big", [b"1" * 5 * MB, b"2"]), {"big": b"1" * 5 * MB + b"2"}),
    "abort a multipart upload": (
        lambda s3: s3.abort_multipart_upload(
            Bucket="box", Key="big", UploadId=s3.create_multipart_upload(Bucket="box", Key="big")["UploadId"]
        ),
        {},
    ),
    "put if absent": (
        lambda s3: s3.put_object(Bucket="box", Key="new", Body=b"1", IfNoneMatch="*"),
        {"new": b"1"},
    ),
    "a folder's marker": (lambda s3: s3.put_object(Bucket="box", Key="marked/", Body=b""), {}),
}
REFUSALS = {
    "put if absent over an object": (
        lambda s3: s3.put_object(Bucket="box", Key="old/a", Body=b"1", IfNoneMatch="*"),
        "PreconditionFailed",
    ),
    "get a missing key": (lambda s3: s3.get_object(Bucket="box", Key="nothing"), "NoSuchKey"),
    "get a folder": (lambda s3: s3.get_object(Bucket="box", Key="old"), "NoSuchKey"),
    "leave the bucket": (lambda s3: s3.put_object(Bucket="box", Key="x/../../y", Body=b""), "InvalidRequest"),
    "an empty part": (lambda s3: s3.put_object(Bucket="box", Key="x//y", Body=b""), "InvalidRequest"),
    "a part that is too long": (lambda s3: s3.put_object(Bucket="box", Key="x" * 300, Body=b""), "InvalidRequest"),
    "below an object": (lambda s3: s3.put_object(Bucket="box", Key="old/a/b", Body=b""), "InvalidRequest"),
    "in a folder's place": (lambda s3: s3.put_object(Bucket="box", Key="old", Body=b""), "InvalidRequest"),
    "beyond the end": (lambda s3: s3.get_object(Bucket="box", Key="old/a", Range="bytes=9-"), "InvalidRange"),
}


@pytest.fixture
def bucket(s3):
    """A bucket with two files that were not put through S3."""
    os.system(f"rm -rf {s3.folder}/* {s3.folder}/.[!.]*")
    (s3.folder / "old").mkdir()
    (s3.folder / "old/a").write_bytes(b"first")
    (s3.folder / "old/b").write_bytes(b"second")
    return s3


@pytest.mark.parametrize("name", OPERATIONS)
def test_operations_change_the_disk_at_once(bucket, name):
    operation, changed = OPERATIONS[name]
    operation(bucket.client)
    expected = {"old/a": b"first", "old/b": b"second"} | changed
    assert files(bucket.folder) == {key: body for key, body in sorted(expected.items()) if body is not None}


@pytest.mark.parametrize("name", REFUSALS)
def test_refused_operations_change_nothing(bucket, name):
    operation, code = REFUSALS[name]
    with pytest.raises(ClientError) as refused:
        operation(bucket.client)
    assert refused.value.response["Error"]["Code"] == code
    assert files(bucket.folder) == {"old/a": b"first", "old/b": b"second"}
    assert not (bucket.folder.parent / "y").exists()


def test_a_foreign_file_is_an_object_with_its_size_etag_and_time(bucket):
    head = bucket.client.head_object(Bucket="box", Key="old/b")
    assert (head["ContentLength"], head["ETag"]) == (6, f'"{hashlib.md5(b"second").hexdigest()}"')
    assert int(head["LastModified"].timestamp()) == int((bucket.folder / "old/b").stat().st_mtime)
    listed = bucket.client.list_objects_v2(Bucket="box")["Contents"]
    assert [(item["Key"], item["Size"], item["ETag"]) for item in listed] == [
        ("old/a", 5, f'"{hashlib.md5(b"first").hexdigest()}"'),
        ("old/b", 6, head["ETag"]),
    ]


def test_a_changed_file_has_a_new_etag_and_a_removed_one_is_gone(bucket):
    before = bucket.client.head_object(Bucket="box", Key="old/a")["ETag"]
    (bucket.folder / "old/a").write_bytes(b"FIRST!")
    assert bucket.client.get_object(Bucket="box", Key="old/a")["Body"].read() == b"FIRST!"
    assert bucket.client.head_object(Bucket="box", Key="old/a")["ETag"] != before
    (bucket.folder / "old/a").unlink()
    assert [item["Key"] for item in bucket.client.list_objects_v2(Bucket="box")["Contents"]] == ["old/b"]


def test_metadata_lasts_until_the_file_changes(bucket):
    bucket.client.put_object(Bucket="box", Key="m", Body=b"1", ContentType="text/csv", Metadata={"who": "me"})
    head = bucket.client.head_object(Bucket="box", Key="m")
    assert (head["ContentType"], head["Metadata"]) == ("text/csv", {"who": "me"})
    (bucket.folder / "m").write_bytes(b"22")
    assert bucket.client.head_object(Bucket="box", Key="m")["Metadata"] == {}


@pytest.mark.parametrize(
    ("requested", "body", "content_range"),
    [
        ("bytes=0-1", b"fi", "bytes 0-1/5"),
        ("bytes=3-", b"st", "bytes 3-4/5"),
        ("bytes=-2", b"st", "bytes 3-4/5"),
        ("bytes=-99", b"first", "bytes 0-4/5"),
        ("bytes=1-99", b"irst", "bytes 1-4/5"),
    ],
)
def test_ranges_from_both_ends(bucket, requested, body, content_range):
    answer = bucket.client.get_object(Bucket="box", Key="old/a", Range=requested)
    assert (answer["Body"].read(), answer["ContentRange"]) == (body, content_range)


def test_a_listing_comes_in_pages_and_by_folders(bucket):
    for number in range(5):
        bucket.client.put_object(Bucket="box", Key=f"p/{number}/x", Body=b"")
    pages = list(
        bucket.client.get_paginator("list_objects_v2").paginate(Bucket="box", Prefix="p/", PaginationConfig={"PageSize": 2})
    )
    assert [[item["Key"] for item in page["Contents"]] for page in pages] == [["p/0/x", "p/1/x"], ["p/2/x", "p/3/x"], ["p/4/x"]]
    grouped = bucket.client.list_objects_v2(Bucket="box", Delimiter="/")["CommonPrefixes"]
    assert [item["Prefix"] for item in grouped] == ["old/", "p/"]
    assert bucket.client.list_objects_v2(Bucket="box", Prefix="p/3")["KeyCount"] == 1
    assert [item["Key"] for item in bucket.client.list_object_versions(Bucket="box", Prefix="old/")["Versions"]] == [
        "old/a",
        "old/b",
    ]


def test_an_empty_folder_is_removed(bucket):
    bucket.client.put_object(Bucket="box", Key="deep/er/x", Body=b"")
    bucket.client.delete_object(Bucket="box", Key="deep/er/x")
    assert not (bucket.folder / "deep").exists()


def test_a_reader_sees_the_old_bytes_or_the_new_ones(bucket):
    bodies = [bytes([65 + number]) * MB for number in range(4)]
    bucket.client.put_object(Bucket="box", Key="k", Body=bodies[0])
    seen = []
    with ThreadPoolExecutor(2) as pool:
        writing = pool.submit(lambda: [bucket.client.put_object(Bucket="box", Key="k", Body=body) for body in bodies * 3])
        while not writing.done():
            seen.append((bucket.folder / "k").read_bytes())
    assert all(body in bodies for body in seen)
    assert sorted(files(bucket.folder)) == ["k", "old/a", "old/b"]


def test_duckdb_arrow_and_boto3_read_the_same_files(bucket):
    # GIVEN Parquet files in the folder, as Spark writes them
    table = pa.table({"n": [1, 2, 3]})
    (bucket.folder / "t/period=2025-01").mkdir(parents=True)
    parquet.write_table(table, bucket.folder / "t/period=2025-01/part-00000.parquet")
    # THEN Arrow reads them through S3, and DuckDB reads in the folder what Arrow writes through S3
    through = fs.S3FileSystem(
        endpoint_override=f"127.0.0.1:{bucket.endpoint.port}",
        scheme="http",
        access_key=bucket.endpoint.access_key,
        secret_key=bucket.endpoint.secret_key,
        region="us-east-1",
    )
    assert dataset.dataset("box/t", filesystem=through, partitioning="hive").to_table().to_pydict() == {
        "n": [1, 2, 3],
        "period": ["2025-01"] * 3,
    }
    parquet.write_table(table, "box/t/period=2025-02/part-00000.parquet", filesystem=through)
    result = duckdb.sql(f"select period, sum(n) from read_parquet('{bucket.folder}/t/**/*.parquet') group by 1 order by 1")
    assert result.fetchall() == [("2025-01", 6), ("2025-02", 6)]


def test_awswrangler_writes_reads_and_deletes(bucket, monkeypatch):
    import awswrangler as wr
    import boto3

    # Its default session would keep the keys of the stack that an earlier test used.
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    for name, value in bucket.endpoint.environment.items():
        monkeypatch.setenv(name, value)
    frame = pandas.DataFrame({"n": [1, 2], "source": ["a", "b"]})
    written = wr.s3.to_parquet(frame, path="s3://box/w/", dataset=True, partition_cols=["source"])["paths"]
    assert all((bucket.folder.parent / path.removeprefix("s3://")).is_file() for path in written)
    assert wr.s3.read_parquet("s3://box/w/", dataset=True)["n"].tolist() == [1, 2]
    wr.s3.delete_objects("s3://box/w/")
    assert sorted(files(bucket.folder)) == ["old/a", "old/b"]
