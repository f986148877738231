"""Versions of state machines and their aliases: what is published stays, what points can move."""

from __future__ import annotations

import json
from typing import Any

import pytest

from simulator import Simulator

ROLE = "arn:aws:iam::123456789012:role/machine"
MACHINE = "arn:aws:states:us-east-1:123456789012:stateMachine:m"


def _definition(result: Any) -> str:
    return json.dumps(
        {"StartAt": "P", "States": {"P": {"Type": "Pass", "Result": result, "End": True}}}
    )


@pytest.fixture
def client() -> Any:
    """A client of a simulation with one state machine, whose version 1 gives 1."""
    client = Simulator().client("stepfunctions")
    made = client.create_state_machine(
        name="m", definition=_definition(1), roleArn=ROLE, publish=True, versionDescription="first"
    )
    assert made["stateMachineVersionArn"] == f"{MACHINE}:1"
    return client


def _output(client: Any, arn: str) -> tuple[Any, dict[str, Any]]:
    started = client.start_execution(stateMachineArn=arn)["executionArn"]
    described: dict[str, Any] = {"status": "RUNNING"}
    while described["status"] == "RUNNING":
        described = client.describe_execution(executionArn=started)
    return json.loads(described["output"]), described


def _route(*versions: int) -> list[dict[str, Any]]:
    weight = 100 // len(versions)
    return [{"stateMachineVersionArn": f"{MACHINE}:{one}", "weight": weight} for one in versions]


def test_a_version_runs_as_it_was_published(client: Any) -> None:
    updated = client.update_state_machine(
        stateMachineArn=MACHINE, definition=_definition(2), publish=True
    )
    assert updated["stateMachineVersionArn"] == f"{MACHINE}:2"
    assert _output(client, MACHINE)[0] == 2
    output, described = _output(client, f"{MACHINE}:1")
    assert output == 1
    assert described["stateMachineArn"] == MACHINE
    assert described["stateMachineVersionArn"] == f"{MACHINE}:1"
    assert "stateMachineAliasArn" not in described
    # the execution's ARN names the state machine alone
    assert described["executionArn"].startswith(
        "arn:aws:states:us-east-1:123456789012:execution:m:"
    )


def test_publishing_the_same_revision_again_is_the_same_version(client: Any) -> None:
    again = client.publish_state_machine_version(stateMachineArn=MACHINE)
    assert again["stateMachineVersionArn"] == f"{MACHINE}:1"
    with pytest.raises(client.exceptions.ConflictException):
        client.publish_state_machine_version(stateMachineArn=MACHINE, revisionId="other")


def test_the_newest_version_is_listed_first_and_numbers_are_not_used_again(client: Any) -> None:
    for result in (2, 3):
        client.update_state_machine(
            stateMachineArn=MACHINE, definition=_definition(result), publish=True
        )
    listed = client.list_state_machine_versions(stateMachineArn=MACHINE)["stateMachineVersions"]
    assert [one["stateMachineVersionArn"][-1] for one in listed] == ["3", "2", "1"]
    client.delete_state_machine_version(stateMachineVersionArn=f"{MACHINE}:3")
    published = client.publish_state_machine_version(stateMachineArn=MACHINE)
    assert published["stateMachineVersionArn"] == f"{MACHINE}:4"


def test_an_alias_is_moved_back_to_the_version_that_worked(client: Any) -> None:
    client.update_state_machine(stateMachineArn=MACHINE, definition=_definition(2), publish=True)
    alias = client.create_state_machine_alias(name="live", routingConfiguration=_route(2))
    arn = alias["stateMachineAliasArn"]
    assert arn == f"{MACHINE}:live"
    output, described = _output(client, arn)
    assert output == 2
    assert described["stateMachineAliasArn"] == arn
    assert described["stateMachineVersionArn"] == f"{MACHINE}:2"
    client.update_state_machine_alias(stateMachineAliasArn=arn, routingConfiguration=_route(1))
    assert _output(client, arn)[0] == 1
    executions = client.list_executions(stateMachineArn=arn)["executions"]
    assert len(executions) == 2


def test_a_version_with_an_alias_cannot_be_deleted(client: Any) -> None:
    client.create_state_machine_alias(name="live", routingConfiguration=_route(1))
    with pytest.raises(client.exceptions.ConflictException, match=r"\[live\]"):
        client.delete_state_machine_version(stateMachineVersionArn=f"{MACHINE}:1")
    client.delete_state_machine_alias(stateMachineAliasArn=f"{MACHINE}:live")
    client.delete_state_machine_version(stateMachineVersionArn=f"{MACHINE}:1")
    assert client.list_state_machine_versions(stateMachineArn=MACHINE)["stateMachineVersions"] == []


def test_an_alias_of_two_versions_sends_executions_to_both(client: Any) -> None:
    client.update_state_machine(stateMachineArn=MACHINE, definition=_definition(2), publish=True)
    client.create_state_machine_alias(name="live", routingConfiguration=_route(1, 2))
    outputs = {_output(client, f"{MACHINE}:live")[0] for _ in range(20)}
    assert outputs == {1, 2}


@pytest.mark.parametrize(
    "routes",
    [
        [{"stateMachineVersionArn": f"{MACHINE}:1", "weight": 50}],
        [{"stateMachineVersionArn": f"{MACHINE}:1", "weight": 50}] * 2,
    ],
)
def test_weights_make_100_of_different_versions(client: Any, routes: Any) -> None:
    with pytest.raises(client.exceptions.ValidationException):
        client.create_state_machine_alias(name="live", routingConfiguration=routes)


def test_an_alias_needs_a_version_that_is_there(client: Any) -> None:
    with pytest.raises(client.exceptions.ResourceNotFound):
        client.create_state_machine_alias(name="live", routingConfiguration=_route(7))


def test_a_state_machine_takes_versions_and_aliases_with_it(client: Any) -> None:
    client.create_state_machine_alias(name="live", routingConfiguration=_route(1))
    client.delete_state_machine(stateMachineArn=MACHINE)
    client.create_state_machine(name="m", definition=_definition(9), roleArn=ROLE)
    assert client.list_state_machine_versions(stateMachineArn=MACHINE)["stateMachineVersions"] == []
    assert client.list_state_machine_aliases(stateMachineArn=MACHINE)["stateMachineAliases"] == []


def test_a_version_is_described_with_its_own_arn(client: Any) -> None:
    described = client.describe_state_machine(stateMachineArn=f"{MACHINE}:1")
    assert described["stateMachineArn"] == f"{MACHINE}:1"
    assert described["description"] == "first"
    assert described["definition"] == _definition(1)
