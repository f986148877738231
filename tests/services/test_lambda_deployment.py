"""Functions made, changed and deleted through Lambda's API."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import zipfile
from collections.abc import Iterator
from typing import Any

import pytest

from simulator import Simulator
from simulator.services.api import NotModelled

ROLE = "arn:aws:iam::123456789012:role/f"


def _zip(text: str, name: str = "index.py") -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr(zipfile.ZipInfo(name), text)
    return content.getvalue()


def _returns(value: int) -> bytes:
    return _zip(f"def handler(event, context):\n    return {value}\n")


@pytest.fixture
def client() -> Iterator[Any]:
    with Simulator() as simulator:
        yield simulator.client("lambda")


def _create(client: Any, code: bytes | None = None, **members: Any) -> dict[str, Any]:
    return client.create_function(
        **{
            "FunctionName": "f",
            "Runtime": "python3.12",
            "Role": ROLE,
            "Handler": "index.handler",
            "Code": {"ZipFile": _returns(1) if code is None else code},
            **members,
        }
    )


def _answer(client: Any, name: str = "f") -> Any:
    return json.loads(client.invoke(FunctionName=name)["Payload"].read())


def test_a_function_made_of_a_package_runs_it(client: Any) -> None:
    made = _create(client, Timeout=7, Environment={"Variables": {"A": "b"}})
    assert made["CodeSha256"] == base64.b64encode(hashlib.sha256(_returns(1)).digest()).decode()
    assert made["FunctionArn"] == "arn:aws:lambda:us-east-1:123456789012:function:f"
    assert (made["Timeout"], made["Environment"]["Variables"]) == (7, {"A": "b"})
    assert _answer(client) == 1


def test_new_code_is_run_from_the_next_invocation_on(client: Any) -> None:
    _create(client)
    assert _answer(client) == 1
    client.update_function_code(FunctionName="f", ZipFile=_returns(2))
    assert _answer(client) == 2


def test_a_version_keeps_code_and_settings(client: Any) -> None:
    _create(client, Publish=True)
    client.update_function_code(FunctionName="f", ZipFile=_returns(2))
    assert client.publish_version(FunctionName="f")["Version"] == "2"
    assert client.publish_version(FunctionName="f")["Version"] == "2"
    assert (_answer(client, "f:1"), _answer(client, "f:2")) == (1, 2)
    versions = client.list_versions_by_function(FunctionName="f")["Versions"]
    assert [one["Version"] for one in versions] == ["$LATEST", "1", "2"]


def test_an_alias_moves(client: Any) -> None:
    _create(client, Publish=True)
    client.update_function_code(FunctionName="f", ZipFile=_returns(2), Publish=True)
    client.create_alias(FunctionName="f", Name="live", FunctionVersion="2")
    assert _answer(client, "f:live") == 2
    client.update_alias(FunctionName="f", Name="live", FunctionVersion="1")
    assert _answer(client, "f:live") == 1


def test_what_is_no_zip_file_is_refused(client: Any) -> None:
    with pytest.raises(client.exceptions.InvalidParameterValueException, match="unzip"):
        _create(client, b"no zip")


def test_a_function_is_made_once(client: Any) -> None:
    _create(client)
    with pytest.raises(client.exceptions.ResourceConflictException):
        _create(client)


def test_a_deleted_function_is_gone_with_its_policy(client: Any) -> None:
    _create(client)
    permission = {
        "FunctionName": "f",
        "StatementId": "events",
        "Action": "lambda:InvokeFunction",
        "Principal": "events.amazonaws.com",
        "SourceArn": "arn:aws:events:us-east-1:123456789012:rule/r",
    }
    client.add_permission(**permission)
    (statement,) = json.loads(client.get_policy(FunctionName="f")["Policy"])["Statement"]
    assert statement["Principal"] == {"Service": "events.amazonaws.com"}
    assert statement["Condition"] == {"ArnLike": {"AWS:SourceArn": permission["SourceArn"]}}
    client.delete_function(FunctionName="f")
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.get_function(FunctionName="f")
    _create(client)
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.get_policy(FunctionName="f")


def test_reserved_concurrency_of_none_throttles_every_call(client: Any) -> None:
    _create(client)
    client.put_function_concurrency(FunctionName="f", ReservedConcurrentExecutions=0)
    with pytest.raises(client.exceptions.TooManyRequestsException):
        client.invoke(FunctionName="f")
    client.delete_function_concurrency(FunctionName="f")
    assert _answer(client) == 1


def test_an_event_is_not_tried_again_where_the_function_says_so() -> None:
    with Simulator() as simulator:
        client = simulator.client("lambda")
        _create(client, _zip("def handler(event, context):\n    raise ValueError\n"))
        client.put_function_event_invoke_config(FunctionName="f", MaximumRetryAttempts=0)
        client.invoke(FunctionName="f", InvocationType="Event")
        simulator.run()
        assert len(simulator.invocations) == 1


@pytest.mark.parametrize(
    "members",
    [
        {"Runtime": "nodejs20.x"},
        {"Layers": ["arn:aws:lambda:us-east-1:123456789012:layer:l:1"]},
        {"PackageType": "Image", "Code": {"ImageUri": "x"}},
        {"Code": {"S3Bucket": "bucket", "S3Key": "k"}},
    ],
)
def test_what_is_not_simulated_is_refused_by_name(client: Any, members: dict[str, Any]) -> None:
    with pytest.raises(NotModelled, match="lambda"):
        _create(client, **members)


def test_what_was_unpacked_goes_with_the_simulation() -> None:
    with Simulator() as simulator:
        _create(simulator.client("lambda"))
        functions: Any = simulator.door.services["lambda"]
        folder = functions.functions["f"].folder
        assert (folder / "index.py").is_file()
    assert not folder.parent.exists()
