"""AWS's recordings that read and write a table of DynamoDB.

They lie beside the checkout and are not part of it: without them these tests are skipped.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from simulator import Simulator

RECORDINGS = Path(__file__).parents[3] / "shared" / "conformance" / "recordings.jsonl"
pytestmark = pytest.mark.skipif(not RECORDINGS.exists(), reason=f"{RECORDINGS} is not there")

# what differs from run to run, and is recorded by its own name
VARYING = {"Date", "RequestId", "x-amz-crc32", "x-amzn-RequestId", "x-amzn-requestid"}
GROUPS = ("test_aws_sdk.py", "test_task_service_dynamodb.py", "services/")


def cases() -> list[Any]:
    if not RECORDINGS.exists():
        return []
    recorded = [json.loads(line) for line in RECORDINGS.read_text().splitlines()]
    return [
        pytest.param(case, id=case["id"].rpartition("::")[2])
        for case in recorded
        if case["kind"] == "execution"
        and "dynamodb" in case["executions"][0]["definition"]
        and any(group in case["id"] for group in GROUPS)
    ]


def plain(value: Any) -> Any:
    """JSON text is as good as what it says; only the names of what varies count."""
    if isinstance(value, dict):
        return {name: name in VARYING or plain(one) for name, one in value.items()}
    if isinstance(value, list):
        return [plain(one) for one in value]
    if isinstance(value, str) and value.startswith("{"):
        return plain(json.loads(value))
    return value.partition("Request ID: ")[0] if isinstance(value, str) else value


def details_of(event: dict[str, Any]) -> list[Any]:
    return [
        plain({key: one for key, one in value.items() if key in ("output", "error", "cause")})
        for name, value in event.items()
        if name.endswith("EventDetails")
    ]


@pytest.mark.parametrize("case", cases())
def test_each_event_says_what_was_recorded(case: Any) -> None:
    (recorded,) = case["executions"]
    given = json.loads(recorded["input"])
    table = given["TableName"]
    simulator = Simulator()
    if "dynamodb" in case["needs"]:
        simulator.client("dynamodb").create_table(
            TableName=table,
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
    simulator.create_state_machine(recorded["definition"])
    execution = simulator.start(given)
    simulator.run()
    text = json.dumps(recorded["expect"]["history"]["events"]).replace("<test-table>", table)
    text = text.replace("table-name", table)
    expected, events = json.loads(text), execution.history()
    assert [event["type"] for event in events] == [event["type"] for event in expected]
    for event, wanted in zip(events, expected, strict=True):
        assert details_of(event) == details_of(wanted), event["type"]
