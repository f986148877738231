"""S3 over local folders, asked through unchanged boto3 clients."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from simulator import Simulator
from simulator.services.api import NotModelled


@pytest.fixture
def lake(tmp_path: Path) -> Path:
    for key in ("a.txt", "day=1/x.csv", "day=1/y.csv", "day=10/z.csv"):
        file = tmp_path / key
        file.parent.mkdir(exist_ok=True)
        file.write_text(key)
    return tmp_path


@pytest.fixture
def s3(lake: Path) -> Any:
    return Simulator(lake={"lake": lake}).client("s3")


def code_of(call: Any, **given: Any) -> str:
    with pytest.raises(ClientError) as refused:
        call(**given)
    return str(refused.value.response["Error"]["Code"])


def test_a_file_of_the_lake_is_an_object_since_the_simulation_began(s3: Any) -> None:
    answer = s3.get_object(Bucket="lake", Key="day=1/x.csv")
    assert answer["Body"].read() == b"day=1/x.csv"
    assert answer["ContentLength"] == 11
    assert answer["ETag"] == f'"{hashlib.md5(b"day=1/x.csv", usedforsecurity=False).hexdigest()}"'
    assert answer["LastModified"].isoformat() == "2024-01-09T10:00:00+00:00"


def test_what_is_put_is_a_file_with_type_and_metadata(s3: Any, lake: Path) -> None:
    s3.put_object(
        Bucket="lake", Key="out/r.json", Body="{}", ContentType="text/json", Metadata={"by": "me"}
    )
    assert (lake / "out" / "r.json").read_text() == "{}"
    head = s3.head_object(Bucket="lake", Key="out/r.json")
    assert (head["ContentType"], head["Metadata"]) == ("text/json", {"by": "me"})
    # whoever changes the file changes the object: nothing of the old one is kept
    (lake / "out" / "r.json").write_text("[1]")
    head = s3.head_object(Bucket="lake", Key="out/r.json")
    assert (head["ContentLength"], head["Metadata"]) == (3, {})


def test_a_part_of_an_object_is_asked_by_range(s3: Any) -> None:
    answer = s3.get_object(Bucket="lake", Key="a.txt", Range="bytes=2-3")
    assert (answer["Body"].read(), answer["ContentRange"]) == (b"tx", "bytes 2-3/5")
    assert s3.get_object(Bucket="lake", Key="a.txt", Range="bytes=-3")["Body"].read() == b"txt"
    refused = code_of(s3.get_object, Bucket="lake", Key="a.txt", Range="bytes=9-")
    assert refused == "InvalidRange"


def test_what_is_not_there_is_named_as_s3_names_it(s3: Any) -> None:
    with pytest.raises(s3.exceptions.NoSuchKey):
        s3.get_object(Bucket="lake", Key="none")
    with pytest.raises(s3.exceptions.NoSuchBucket):
        s3.list_objects_v2(Bucket="none")
    assert code_of(s3.head_object, Bucket="lake", Key="none") == "404"
    assert code_of(s3.head_bucket, Bucket="none") == "404"


def test_a_prefix_is_text_and_a_delimiter_rolls_up(s3: Any) -> None:
    listed = s3.list_objects_v2(Bucket="lake", Prefix="day=1")
    assert [one["Key"] for one in listed["Contents"]] == [
        "day=1/x.csv",
        "day=1/y.csv",
        "day=10/z.csv",
    ]
    rolled = s3.list_objects_v2(Bucket="lake", Delimiter="/")
    assert [one["Prefix"] for one in rolled["CommonPrefixes"]] == ["day=1/", "day=10/"]
    assert ([one["Key"] for one in rolled["Contents"]], rolled["KeyCount"]) == (["a.txt"], 3)


@pytest.mark.parametrize("operation", ["list_objects_v2", "list_objects"])
def test_pages_follow_each_other_without_a_gap(s3: Any, operation: str) -> None:
    pages = s3.get_paginator(operation).paginate(Bucket="lake", PaginationConfig={"PageSize": 1})
    keys = [one["Key"] for page in pages for one in page["Contents"]]
    assert keys == ["a.txt", "day=1/x.csv", "day=1/y.csv", "day=10/z.csv"]


def test_copies_keep_what_is_known_unless_it_is_replaced(s3: Any) -> None:
    s3.put_object(Bucket="lake", Key="a b.txt", Body=b"1", Metadata={"n": "1"})
    source = {"Bucket": "lake", "Key": "a b.txt"}
    s3.copy_object(Bucket="lake", Key="kept", CopySource=source)
    s3.copy_object(
        Bucket="lake", Key="new", CopySource=source, MetadataDirective="REPLACE", Metadata={}
    )
    assert s3.head_object(Bucket="lake", Key="kept")["Metadata"] == {"n": "1"}
    assert s3.head_object(Bucket="lake", Key="new")["Metadata"] == {}


def test_deleting_is_harmless_twice_and_leaves_no_folder(s3: Any, lake: Path) -> None:
    s3.delete_object(Bucket="lake", Key="day=10/z.csv")
    s3.delete_object(Bucket="lake", Key="day=10/z.csv")
    assert not (lake / "day=10").exists()
    keys = [{"Key": "day=1/x.csv"}, {"Key": "none"}]
    deleted = s3.delete_objects(Bucket="lake", Delete={"Objects": keys})
    assert deleted["Deleted"] == keys
    assert not (lake / "day=1" / "x.csv").exists()


def test_an_upload_in_parts_is_one_object(s3: Any) -> None:
    upload = s3.create_multipart_upload(Bucket="lake", Key="big")["UploadId"]
    same = {"Bucket": "lake", "Key": "big", "UploadId": upload}
    parts = [
        {"PartNumber": n, "ETag": s3.upload_part(**same, PartNumber=n, Body=body)["ETag"]}
        for n, body in ((2, b"b"), (1, b"a"))
    ]
    ordered = sorted(parts, key=lambda part: part["PartNumber"])
    s3.complete_multipart_upload(**same, MultipartUpload={"Parts": ordered})
    assert s3.get_object(Bucket="lake", Key="big")["Body"].read() == b"ab"
    assert code_of(s3.abort_multipart_upload, **same) == "NoSuchUpload"


def test_a_bucket_that_is_made_goes_with_the_simulation() -> None:
    with Simulator() as simulator:
        s3 = simulator.client("s3")
        s3.create_bucket(Bucket="mine")
        s3.put_object(Bucket="mine", Key="k", Body=b"1")
        folder = simulator._services["s3"].buckets.folder("mine")
        assert (folder / "k").read_bytes() == b"1"
    assert not folder.exists()


@pytest.mark.parametrize("key", ["a.txt/below", "day=1", "folder/", "../out", "/top"])
def test_a_key_that_no_file_can_have_is_refused_by_name(s3: Any, key: str) -> None:
    with pytest.raises(NotModelled, match=key):
        s3.put_object(Bucket="lake", Key=key, Body=b"1")


def test_versions_are_refused_by_name(s3: Any) -> None:
    with pytest.raises(NotModelled, match="versions"):
        s3.get_object(Bucket="lake", Key="a.txt", VersionId="v")


TRANSFERS = """
import io
import boto3

s3 = boto3.client("s3")
bucket = boto3.resource("s3").Bucket("lake")


def handler(event, context):
    with open("/tmp/transfer.csv", "w") as file:
        file.write("1,a\\n")
    s3.upload_file("/tmp/transfer.csv", "lake", "in/x.csv")
    # above the size from which on it is sent in parts
    s3.upload_fileobj(io.BytesIO(b"x" * 9_000_000), "lake", "in/large")
    bucket.copy({"Bucket": "lake", "Key": "in/x.csv"}, "in/y.csv")
    s3.download_file("lake", "in/y.csv", "/tmp/transferred.csv")
    large = io.BytesIO()
    bucket.download_fileobj("in/large", large)
    with open("/tmp/transferred.csv") as file:
        return [file.read(), len(large.getvalue()), [one.key for one in bucket.objects.all()]]
"""


def test_transfers_of_files_call_s3_in_line(tmp_path: Path) -> None:
    (tmp_path / "fn").mkdir()
    (tmp_path / "fn" / "index.py").write_text(TRANSFERS)
    (tmp_path / "lake").mkdir()
    task = {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:fn"}
    with Simulator(lake={"lake": tmp_path / "lake"}) as simulator:
        simulator.add_lambda_folder(tmp_path / "fn", timeout_seconds=60)
        simulator.create_state_machine({"StartAt": "T", "States": {"T": {**task, "End": True}}})
        execution = simulator.start({})
        simulator.run()
        assert execution.output == ["1,a\n", 9_000_000, ["in/large", "in/x.csv", "in/y.csv"]]
        assert simulator.invocations[0].notes == ()
        simulator.client("s3").download_file("lake", "in/x.csv", str(tmp_path / "x.csv"))
        assert (tmp_path / "x.csv").read_text() == "1,a\n"


def test_tags_attributes_and_the_place_of_a_bucket(s3: Any) -> None:
    s3.put_object(Bucket="lake", Key="t", Body=b"12345", Tagging="day=1")
    asked = {"Bucket": "lake", "Key": "t"}
    assert s3.get_object_tagging(**asked)["TagSet"] == [{"Key": "day", "Value": "1"}]
    changed = [{"Key": "day", "Value": "2"}]
    s3.put_object_tagging(**asked, Tagging={"TagSet": changed})
    assert s3.get_object_tagging(**asked)["TagSet"] == changed
    found = s3.get_object_attributes(**asked, ObjectAttributes=["ObjectSize", "ETag"])
    # the MD5 of "12345", without the quotes that the other operations have
    assert (found["ObjectSize"], found["ETag"]) == (5, "827ccb0eea8a706c4c34a16891f84e7b")
    # "Buckets in Region us-east-1 have a LocationConstraint of null"
    assert s3.get_bucket_location(Bucket="lake")["LocationConstraint"] is None


def test_a_folder_may_be_named_by_its_text(lake: Path) -> None:
    folders: Any = {"lake": str(lake)}
    s3 = Simulator(lake=folders).client("s3")
    s3.put_object(Bucket="lake", Key="new", Body=b"1")
    assert (lake / "new").read_bytes() == b"1"


def test_a_state_may_ask_where_a_bucket_is(lake: Path) -> None:
    simulator = Simulator(lake={"lake": lake}, region="eu-west-1")
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::aws-sdk:s3:getBucketLocation",
        "Parameters": {"Bucket": "lake"},
        "End": True,
    }
    simulator.create_state_machine({"StartAt": "T", "States": {"T": task}})
    execution = simulator.start({})
    simulator.run()
    assert execution.output == {"LocationConstraint": "eu-west-1"}
